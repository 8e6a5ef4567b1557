# mpd_proto(NAME [GRPC] DEPS x … PROTOS mpd/a/v1/a.proto …): compiles protos below proto/ into a
# static library; with GRPC also their service stubs, in a library of their own (NAME_grpc), so that
# only what serves or calls pays for gRPC's headers.
function(mpd_proto name)
  cmake_parse_arguments(ARG "GRPC" "" "PROTOS;DEPS" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/gen)
  set(root ${CMAKE_SOURCE_DIR}/proto)
  file(MAKE_DIRECTORY ${out})
  set(message_sources)
  set(service_sources)
  foreach(proto ${ARG_PROTOS})
    string(REGEX REPLACE "\\.proto$" "" base ${proto})
    set(outputs ${out}/${base}.pb.cc ${out}/${base}.pb.h)
    set(flags --cpp_out=${out})
    list(APPEND message_sources ${out}/${base}.pb.cc)
    if(ARG_GRPC)
      list(APPEND outputs ${out}/${base}.grpc.pb.cc ${out}/${base}.grpc.pb.h)
      list(APPEND flags --grpc_out=${out} --plugin=protoc-gen-grpc=${MPD_GRPC_PLUGIN})
      list(APPEND service_sources ${out}/${base}.grpc.pb.cc)
    endif()
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND protobuf::protoc -I ${root} ${flags} ${root}/${proto}
      DEPENDS ${root}/${proto}
      COMMENT "protoc ${proto}"
      VERBATIM)
  endforeach()

  # Generated code: no warnings of ours; sanitizers stay, so that its memory is checked too.
  add_library(${name} STATIC ${message_sources})
  target_include_directories(${name} SYSTEM PUBLIC ${out})
  target_link_libraries(${name} PUBLIC mpd_options protobuf::libprotobuf ${ARG_DEPS})
  target_compile_options(${name} PRIVATE -w)
  if(ARG_GRPC)
    add_library(${name}_grpc STATIC ${service_sources})
    target_link_libraries(${name}_grpc PUBLIC ${name} mpd_grpc)
    target_compile_options(${name}_grpc PRIVATE -w)
    foreach(dep ${ARG_DEPS})
      if(TARGET ${dep}_grpc)
        target_link_libraries(${name}_grpc PUBLIC ${dep}_grpc)
      endif()
    endforeach()
  endif()
endfunction()

# Fuzzers: programs of libFuzzer that feed bytes from outside to what has to withstand them. They are
# built by the preset `fuzz` (clang) only, and `tests/run fuzz` runs each for a minute.

option(MPD_FUZZ "Build the fuzzers: needs clang, and a MPD_SANITIZE with fuzzer-no-link" OFF)
if(MPD_FUZZ)
  # Optimised, for what counts is how many inputs a minute sees.
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  add_custom_target(fuzzers)
  # One file per fuzzer, which holds its corpus' folder: what tests/run finds them by.
  file(REMOVE_RECURSE ${CMAKE_BINARY_DIR}/fuzzers)
endif()

# mpd_add_fuzzer(NAME SOURCES a.cc … [ROOMS …] [DEPS x …] CORPUS folder): a program with LLVMFuzzerTestOneInput.
# The folder holds inputs to begin with, at least one for each way through the code, small ones.
# Does nothing in the other presets.
function(mpd_add_fuzzer name)
  if(NOT MPD_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;ROOMS;DEPS" ${ARGN})
  mpd_room_targets(rooms ${ARG_ROOMS})
  get_filename_component(corpus ${ARG_CORPUS} ABSOLUTE)
  file(GLOB seeds ${corpus}/*)
  if(NOT seeds)
    message(FATAL_ERROR "${name}: no inputs in ${corpus}")
  endif()
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE mpd_options ${rooms} ${ARG_DEPS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})
  file(WRITE ${CMAKE_BINARY_DIR}/fuzzers/${name} "${corpus}\n")
endfunction()

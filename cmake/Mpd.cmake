# Project-wide compiler settings, dependencies, and the functions that every folder uses.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(MPD_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")
# -O3 gains nothing measurable here and costs compile time.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

find_program(MPD_CCACHE ccache)
if(MPD_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MPD_CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(spdlog REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
# gRPC not by pkg-config nor by its CMake package: on Debian 13 either takes a minute to resolve.
find_library(MPD_GRPCXX grpc++ REQUIRED)
find_library(MPD_GRPC grpc REQUIRED)
find_library(MPD_GPR gpr REQUIRED)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
find_program(MPD_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)

add_library(mpd_grpc INTERFACE)
# Its headers use Abseil's locks.
target_link_libraries(mpd_grpc INTERFACE ${MPD_GRPCXX} ${MPD_GRPC} ${MPD_GPR}
                                         absl::synchronization)

add_library(mpd_options INTERFACE)
target_compile_options(mpd_options INTERFACE -Wall -Wextra -Wshadow -Werror)
# g++ 12 at -O2 inlines one half of Asio's pair that makes and frees coroutine frames, and then takes
# the other half for a mismatch.
target_compile_options(mpd_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
target_include_directories(mpd_options INTERFACE ${CMAKE_SOURCE_DIR})
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # g++ judges what shadows; clang takes an enumerator of a class for one that hides another.
  target_compile_options(mpd_options INTERFACE -Wno-shadow -Wthread-safety)
  # Boost 1.74 looks for clang's coroutines where clang had them before C++20.
  target_compile_definitions(mpd_options INTERFACE BOOST_ASIO_HAS_CO_AWAIT=1
                                                   BOOST_ASIO_HAS_STD_COROUTINE=1)
  # The Abseil of Debian 12 comes from a g++ that leaves constraints out of the names of templates,
  # as clang did up to 17.
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_LIBRARIES absl::cord)
  check_cxx_source_compiles("
    #include <absl/strings/cord.h>
    int main(int, char** v) { return static_cast<int>(absl::Cord(std::string(v[0])).size()); }"
    MPD_CLANG_FITS_ABSEIL)
  unset(CMAKE_REQUIRED_LIBRARIES)
  if(NOT MPD_CLANG_FITS_ABSEIL)
    target_compile_options(mpd_options INTERFACE -fclang-abi-compat=17)
  endif()
endif()
if(MPD_SANITIZE)
  # Frame pointers and line tables keep the reports readable. Not optimised, and address and undefined
  # behaviour by clang, which takes half of g++'s time for it: the suites wait more than they compute.
  set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
  target_compile_options(mpd_options INTERFACE -fsanitize=${MPD_SANITIZE} -fno-omit-frame-pointer
                                               -fno-sanitize-recover=all)
  target_link_options(mpd_options INTERFACE -fsanitize=${MPD_SANITIZE})
endif()
if(MPD_SANITIZE STREQUAL "thread")
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  # Asio has fences, which g++ says the sanitizer does not follow; Asio's locks, which it does, order
  # the same memory.
  target_compile_options(mpd_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
endif()

include(GoogleTest)
include(MpdProto)

# For every program: what a sanitizer needs in it.
function(mpd_program name)
  if(MPD_SANITIZE STREQUAL "thread")
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/tsan_sync.cc)
    target_link_libraries(${name} PRIVATE mpd_grpc absl::synchronization ${CMAKE_DL_LIBS})
  endif()
endfunction()

# The target of a room: its folder, as a word.
function(mpd_room_targets out)
  string(REGEX REPLACE "[/-]" "_" targets "${ARGN}")
  set(${out} ${targets} PARENT_SCOPE)
endfunction()

# mpd_room([ROOMS common/base …] [SRCS a.cc …] [DEPS x …]): the folder as a library. ROOMS are the
# rooms whose headers it includes, all of them and no others: tests/run lint holds the includes
# against this list (tests/lib/runner/rooms.py). DEPS are what is not of this tree, and
# generated code. A room without sources is of headers alone.
function(mpd_room)
  cmake_parse_arguments(ARG "" "" "ROOMS;SRCS;DEPS" ${ARGN})
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  mpd_room_targets(name ${folder})
  mpd_room_targets(rooms ${ARG_ROOMS})
  set(MPD_ROOM ${name} PARENT_SCOPE)
  if(ARG_SRCS)
    add_library(${name} STATIC ${ARG_SRCS})
    target_link_libraries(${name} PUBLIC mpd_options ${rooms} ${ARG_DEPS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE mpd_options ${rooms} ${ARG_DEPS})
  endif()
endfunction()

# mpd_library(NAME SRCS a.cc … [ROOMS …] [DEPS x …]): a static library of this tree that is no room:
# what tests or loads share.
function(mpd_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;ROOMS;DEPS" ${ARGN})
  mpd_room_targets(rooms ${ARG_ROOMS})
  add_library(${name} STATIC ${ARG_SRCS})
  target_link_libraries(${name} PUBLIC mpd_options ${rooms} ${ARG_DEPS})
endfunction()

# mpd_binary(NAME SRCS … [ROOMS …] [DEPS …]): a program that is installed.
function(mpd_binary name)
  cmake_parse_arguments(ARG "" "" "SRCS;ROOMS;DEPS" ${ARGN})
  mpd_room_targets(rooms ${ARG_ROOMS})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE mpd_options ${rooms} ${ARG_DEPS})
  mpd_program(${name})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# mpd_test(NAME SRCS … [ROOMS …] [DEPS …] [LABEL unit|integration]): a GoogleTest program, one ctest
# entry, with a time-out, so that a hang is a failure with a name.
function(mpd_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SRCS;ROOMS;DEPS" ${ARGN})
  mpd_room_targets(rooms ${ARG_ROOMS})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE mpd_options ${rooms} ${ARG_DEPS} GTest::gtest GTest::gmock
                                        GTest::gtest_main)
  # A test's own code need not be fast, and takes a third less to compile this way. What it tests is
  # compiled as users run it.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O0>)
  mpd_program(${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 300)
  if(MPD_SANITIZE STREQUAL "thread")
    set_property(TEST ${name} PROPERTY ENVIRONMENT
      "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/cmake/tsan.supp:halt_on_error=1")
  endif()
  set_property(GLOBAL APPEND PROPERTY MPD_TESTS ${name})
endfunction()

# mpd_room_test(NAME [SRCS …] [ROOMS …] [DEPS …]): a test of this folder's room, of NAME.cc where no
# SRCS are named. ROOMS: what the test includes that the room does not.
function(mpd_room_test name)
  cmake_parse_arguments(ARG "" "" "SRCS;ROOMS;DEPS" ${ARGN})
  if(NOT ARG_SRCS)
    set(ARG_SRCS ${name}.cc)
  endif()
  mpd_test(${name} SRCS ${ARG_SRCS} ROOMS ${ARG_ROOMS} DEPS ${MPD_ROOM} ${ARG_DEPS})
endfunction()

# Those that include nothing else.
function(mpd_room_tests)
  foreach(name ${ARGN})
    mpd_room_test(${name})
  endforeach()
endfunction()

# mpd_benchmark(NAME SRCS … [ROOMS …] [DEPS …]): a Google Benchmark or load program; built, never run
# by ctest, and not under a sanitizer: what is timed there says nothing.
function(mpd_benchmark name)
  if(MPD_SANITIZE)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SRCS;ROOMS;DEPS" ${ARGN})
  mpd_room_targets(rooms ${ARG_ROOMS})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE mpd_options ${rooms} ${ARG_DEPS} benchmark::benchmark)
endfunction()

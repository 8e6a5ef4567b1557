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

# mpd_library(NAME SRCS a.cc … DEPS x …): a static library of this tree.
function(mpd_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SRCS})
  target_link_libraries(${name} PUBLIC mpd_options ${ARG_DEPS})
endfunction()

# mpd_binary(NAME SRCS … DEPS …): a program that is installed.
function(mpd_binary name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE mpd_options ${ARG_DEPS})
  mpd_program(${name})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# mpd_test(NAME SRCS … DEPS … [LABEL unit|integration]): a GoogleTest program, one ctest entry,
# with a time-out, so that a hang is a failure with a name.
function(mpd_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SRCS;DEPS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE mpd_options ${ARG_DEPS} GTest::gtest GTest::gmock
                                        GTest::gtest_main)
  mpd_program(${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 300)
  if(MPD_SANITIZE STREQUAL "thread")
    set_property(TEST ${name} PROPERTY ENVIRONMENT
      "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/cmake/tsan.supp:halt_on_error=1")
  endif()
  set_property(GLOBAL APPEND PROPERTY MPD_TESTS ${name})
endfunction()

# mpd_benchmark(NAME SRCS … DEPS …): a Google Benchmark or load program; built, never run by ctest.
function(mpd_benchmark name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE mpd_options ${ARG_DEPS} benchmark::benchmark)
endfunction()

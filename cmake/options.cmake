# Compiler settings every target shares. Warnings are errors on gcc and clang alike.
option(CATALOG_SYNC_TESTS "build the tests" ON)
option(CATALOG_SYNC_SANITIZE "build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(CATALOG_SYNC_COVERAGE "build with coverage counters" OFF)
option(CATALOG_SYNC_FUZZ "build tests/fuzz too, and all else for the fuzzer (clang)" OFF)
option(CATALOG_SYNC_WERROR "treat warnings as errors" ON)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# Assertions are our own (common/assertx.h) and stay on in every build, so NDEBUG changes nothing of ours.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g -DNDEBUG")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")

add_library(cs_flags INTERFACE)
target_compile_definitions(cs_flags INTERFACE _GNU_SOURCE CATALOG_SYNC_VERSION="${PROJECT_VERSION}")
target_include_directories(cs_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(cs_flags INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef -Wwrite-strings
  -Wformat=2 -Wcast-qual -Wimplicit-fallthrough -fno-common -fstack-protector-strong)
if(CATALOG_SYNC_WERROR)
  target_compile_options(cs_flags INTERFACE -Werror)
endif()
if(CATALOG_SYNC_SANITIZE)
  target_compile_options(cs_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all)
  target_link_options(cs_flags INTERFACE -fsanitize=address,undefined)
endif()
if(CATALOG_SYNC_FUZZ)
  target_compile_options(cs_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(CATALOG_SYNC_COVERAGE)
  target_compile_options(cs_flags INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(cs_flags INTERFACE --coverage)
endif()

# catalog-worker of a release build is optimised as a whole, which saves some 6 % of its instructions an event. Its
# libraries carry ordinary code beside the intermediate one, so that tests and tools link as fast as ever (and without it).
# The core stays outside: the simulation runs the very object code that the worker runs. Debuggers see what they saw before.
add_library(cs_whole INTERFACE)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT CATALOG_SYNC_SANITIZE
   AND NOT CATALOG_SYNC_COVERAGE)
  target_compile_options(cs_whole INTERFACE -O3 -flto=auto -ffat-lto-objects)
  target_link_options(cs_flags INTERFACE $<IF:$<BOOL:$<TARGET_PROPERTY:CS_WHOLE>>,-flto=auto,-fno-lto>)
endif()

# Compiler settings every target shares. Warnings are errors on gcc and clang alike.
option(CATALOG_SYNC_TESTS "build the tests" ON)
option(CATALOG_SYNC_SANITIZE "build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(CATALOG_SYNC_COVERAGE "build with coverage counters" OFF)
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
if(CATALOG_SYNC_COVERAGE)
  target_compile_options(cs_flags INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(cs_flags INTERFACE --coverage)
endif()

# Writes each Lua script as a C string constant: claim.lua becomes script_claim. Every byte arrives as it is: all
# expansions are quoted (CMake would split text at semicolons), and `?` is escaped (`??=` and the like are trigraphs).
set(TEXT "/* Generated from worker/adapters/scripts. Do not edit. */\n#ifndef REDIS_SCRIPTS_H\n#define REDIS_SCRIPTS_H\n")
foreach(FILE_PATH IN LISTS SCRIPTS)
  get_filename_component(NAME "${FILE_PATH}" NAME_WE)
  file(READ "${FILE_PATH}" BODY)
  string(REPLACE "\\" "\\\\" BODY "${BODY}")
  string(REPLACE "\"" "\\\"" BODY "${BODY}")
  string(REPLACE "?" "\\?" BODY "${BODY}")
  string(REPLACE "\n" "\\n\"\n    \"" BODY "${BODY}")
  string(APPEND TEXT "static const char script_${NAME}[] =\n    \"${BODY}\";\n")
endforeach()
string(APPEND TEXT "#endif\n")
file(WRITE "${OUT}" "${TEXT}")

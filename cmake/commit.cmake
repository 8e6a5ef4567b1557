# Writes OUT, a header with the commit of SOURCE, empty where it is not a git checkout. Run at each
# build; the file changes only when the commit does.
execute_process(COMMAND git -C ${SOURCE} rev-parse --short=12 HEAD
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  set(commit "")
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "#define MPD_COMMIT \"${commit}\"\n" @ONLY)

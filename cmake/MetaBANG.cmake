# Helper functions for every directory of MetaBANG.

# Adds a directory if it has a CMakeLists.txt.
function(metabang_add_subdirectory dir)
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${dir}/CMakeLists.txt")
    add_subdirectory(${dir})
  endif()
endfunction()

# metabang_add_runtime_library(NAME sources... [LINK_LIBS libs...])
# A static library that needs no MLIR.
function(metabang_add_runtime_library name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -Wall -Wextra)
  target_link_libraries(${name} PUBLIC ${ARG_LINK_LIBS})
endfunction()

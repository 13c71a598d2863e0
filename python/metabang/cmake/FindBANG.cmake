# find_package(BANG) of projects that are written for Neuware: cncc and rules for .mlu files.
#
# Result: BANG_FOUND, BANG_CNCC_EXECUTABLE, BANG_INCLUDE_DIRS, BANG_LIBRARIES.
# Read when a rule is made: BANG_CNCC_FLAGS (a list or one string), BANG_CNCC_FLAGS_<CONFIG>, BANG_GENERATED_OUTPUT_DIR,
# the directory's include_directories and add_definitions.
#
#   bang_add_executable(target source… [OPTIONS option…])
#   bang_add_library(target [STATIC|SHARED|MODULE] source… [OPTIONS option…])
#   bang_compile(OBJECTS "a.mlu;b.mlu" "include;directories")   # sets OBJECTS to the object files
#   bang_include_directories(directory…)
#
# Only .mlu files go through cncc; the others are compiled as CMake does.

find_program(BANG_CNCC_EXECUTABLE cncc PATHS "${CMAKE_CURRENT_LIST_DIR}/../bin" "${CMAKE_CURRENT_LIST_DIR}/../../bin"
             NO_DEFAULT_PATH)
find_program(BANG_CNCC_EXECUTABLE cncc)
get_filename_component(_bang_home "${BANG_CNCC_EXECUTABLE}" DIRECTORY)
get_filename_component(_bang_home "${_bang_home}" DIRECTORY)
set(BANG_INCLUDE_DIRS "${_bang_home}/include")
find_library(BANG_CNRT_LIBRARY cnrt PATHS "${_bang_home}/lib64" NO_DEFAULT_PATH)
set(BANG_LIBRARIES "${BANG_CNRT_LIBRARY}")
mark_as_advanced(BANG_CNCC_EXECUTABLE BANG_CNRT_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(BANG REQUIRED_VARS BANG_CNCC_EXECUTABLE BANG_CNRT_LIBRARY)

macro(bang_include_directories)
  foreach(_bang_directory ${ARGN})
    list(APPEND BANG_CNCC_INCLUDE_ARGS_USER "-I${_bang_directory}")
  endforeach()
endmacro()

# Sets `objects` to the object files of the .mlu files among `sources`.
function(_bang_objects objects group sources options)
  separate_arguments(_flags UNIX_COMMAND "${BANG_CNCC_FLAGS}")
  if(CMAKE_BUILD_TYPE)
    string(TOUPPER "${CMAKE_BUILD_TYPE}" _config)
    separate_arguments(_config_flags UNIX_COMMAND "${BANG_CNCC_FLAGS_${_config}}")
  endif()
  set(_args)
  foreach(_flag ${_flags} ${_config_flags} ${options})
    foreach(_word ${_flag})
      list(APPEND _args "${_word}")
    endforeach()
  endforeach()
  get_directory_property(_includes INCLUDE_DIRECTORIES)
  get_directory_property(_definitions COMPILE_DEFINITIONS)
  foreach(_directory ${_includes} ${BANG_INCLUDE_DIRS})
    list(APPEND _args "-I${_directory}")
  endforeach()
  foreach(_definition ${_definitions})
    list(APPEND _args "-D${_definition}")
  endforeach()
  set(_made)
  foreach(_source ${sources})
    get_source_file_property(_header "${_source}" HEADER_FILE_ONLY)
    get_filename_component(_path "${_source}" ABSOLUTE)
    if(NOT _path MATCHES "\\.mlu$" OR _header)
      continue()
    endif()
    file(RELATIVE_PATH _relative "${CMAKE_CURRENT_SOURCE_DIR}" "${_path}")
    string(REGEX REPLACE "[^A-Za-z0-9_./-]|\\.\\./" "_" _relative "${_relative}")
    set(_folder "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${group}.dir")
    if(BANG_GENERATED_OUTPUT_DIR)
      set(_folder "${BANG_GENERATED_OUTPUT_DIR}")
    endif()
    set(_object "${_folder}/${_relative}${CMAKE_CXX_OUTPUT_EXTENSION}")
    get_filename_component(_parent "${_object}" DIRECTORY)
    file(MAKE_DIRECTORY "${_parent}")
    add_custom_command(
      OUTPUT "${_object}"
      COMMAND "${BANG_CNCC_EXECUTABLE}" -c "${_path}" -o "${_object}" -MD -MF "${_object}.d" -MT "${_object}"
              ${_args} ${BANG_CNCC_INCLUDE_ARGS_USER}
      DEPENDS "${_path}"
      DEPFILE "${_object}.d"
      COMMENT "Building BANG object ${_relative}"
      VERBATIM)
    set_source_files_properties("${_object}" PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
    list(APPEND _made "${_object}")
  endforeach()
  set(${objects} "${_made}" PARENT_SCOPE)
endfunction()

# Splits "sources [OPTIONS options]" and takes add_library's and add_executable's own words out.
macro(_bang_arguments)
  set(_bang_sources ${ARGN})
  set(_bang_options)
  list(FIND _bang_sources OPTIONS _bang_at)
  if(_bang_at GREATER -1)
    list(SUBLIST _bang_sources ${_bang_at} -1 _bang_options)
    list(SUBLIST _bang_sources 0 ${_bang_at} _bang_sources)
    list(REMOVE_AT _bang_options 0)
  endif()
  set(_bang_kind)
  foreach(_bang_word STATIC SHARED MODULE EXCLUDE_FROM_ALL)
    if("${_bang_word}" IN_LIST _bang_sources)
      list(APPEND _bang_kind ${_bang_word})
      list(REMOVE_ITEM _bang_sources ${_bang_word})
    endif()
  endforeach()
endmacro()

macro(bang_compile _bang_result _bang_files _bang_directories)
  _bang_arguments(${_bang_files})
  foreach(_bang_directory ${_bang_directories})
    list(APPEND _bang_options "-I${_bang_directory}")
  endforeach()
  _bang_objects(${_bang_result} bang_compile "${_bang_sources}" "${_bang_options}")
endmacro()

macro(bang_add_library _bang_target)
  _bang_arguments(${ARGN})
  _bang_objects(_bang_made ${_bang_target} "${_bang_sources}" "${_bang_options}")
  add_library(${_bang_target} ${_bang_kind} ${_bang_made} ${_bang_sources})
  target_include_directories(${_bang_target} PRIVATE ${BANG_INCLUDE_DIRS})
  target_link_libraries(${_bang_target} ${BANG_LIBRARIES})
  set_target_properties(${_bang_target} PROPERTIES LINKER_LANGUAGE CXX)
endmacro()

macro(bang_add_executable _bang_target)
  _bang_arguments(${ARGN})
  _bang_objects(_bang_made ${_bang_target} "${_bang_sources}" "${_bang_options}")
  add_executable(${_bang_target} ${_bang_kind} ${_bang_made} ${_bang_sources})
  target_include_directories(${_bang_target} PRIVATE ${BANG_INCLUDE_DIRS})
  target_link_libraries(${_bang_target} ${BANG_LIBRARIES})
  set_target_properties(${_bang_target} PROPERTIES LINKER_LANGUAGE CXX)
endmacro()

# mix_library(NAME sources... [LINK libraries...]): a static library that shares one precompiled MLIR header.
function(mix_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  mix_precompile(${name})
endfunction()

# mix_executable(NAME sources... [LINK libraries...])
function(mix_executable name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM fmt::fmt)
  # -fPIC, not the -fPIE of executables: the precompiled header wants the same flags everywhere.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  mix_precompile(${name})
endfunction()

function(mix_precompile name)
  if(NOT TARGET MixPrecompiled)
    if(NOT EXISTS ${CMAKE_BINARY_DIR}/pch.cpp) # written again it would be newer than all that was compiled
      file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "")
    endif()
    add_library(MixPrecompiled OBJECT ${CMAKE_BINARY_DIR}/pch.cpp)
    target_precompile_headers(MixPrecompiled PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
  endif()
  target_precompile_headers(${name} REUSE_FROM MixPrecompiled)
endfunction()

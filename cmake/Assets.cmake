# gatehouse_embed_assets(target SYMBOL name DIRECTORY dir FILES file...)
# Like gatehouse_embed(), for what browsers load: beside each file that gains by it, its brotli and gzip forms are made
# while building and embedded as <file>.br and <file>.gz (http/assets.hpp serves them). Formats that are compressed
# already are left alone.
find_program(BROTLI_PROGRAM brotli REQUIRED)
find_program(GZIP_PROGRAM gzip REQUIRED)

function(gatehouse_embed_assets target)
  cmake_parse_arguments(arg "" "SYMBOL;DIRECTORY" "FILES" ${ARGN})
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/assets/${arg_SYMBOL}")
  set(all "")
  foreach(file ${arg_FILES})
    file(RELATIVE_PATH name "${arg_DIRECTORY}" "${file}")
    set(copy "${folder}/${name}")
    get_filename_component(parent "${copy}" DIRECTORY)
    file(MAKE_DIRECTORY "${parent}")
    add_custom_command(OUTPUT "${copy}" DEPENDS "${file}" COMMAND "${CMAKE_COMMAND}" -E copy "${file}" "${copy}" VERBATIM)
    list(APPEND all "${copy}")
    if(NOT name MATCHES "\\.(png|jpg|webp|woff2|gif)$")
      add_custom_command(OUTPUT "${copy}.br" DEPENDS "${file}"
        COMMAND "${BROTLI_PROGRAM}" --force --best --output=${copy}.br "${file}" VERBATIM)
      # -n leaves name and time out, so that the same file always gives the same bytes.
      add_custom_command(OUTPUT "${copy}.gz" DEPENDS "${file}"
        COMMAND sh -c "\"$1\" -9 -n -c \"$2\" > \"$3\"" compress "${GZIP_PROGRAM}" "${file}" "${copy}.gz" VERBATIM)
      list(APPEND all "${copy}.br" "${copy}.gz")
    endif()
  endforeach()
  gatehouse_embed(${target} SYMBOL ${arg_SYMBOL} DIRECTORY "${folder}" FILES ${all})
endfunction()

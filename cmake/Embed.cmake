# gatehouse_embed(target SYMBOL name DIRECTORY dir FILES file...)
# Puts files into the binary: generates <SYMBOL>.cpp and .S in the build folder, which define
#   std::span<gatehouse::EmbeddedFile const> gatehouse::embedded::<name>();
# (declared in base/embedded.hpp), in the order of FILES, each with its path relative to DIRECTORY.
function(gatehouse_embed target)
  cmake_parse_arguments(arg "" "SYMBOL;DIRECTORY" "FILES" ${ARGN})
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/embedded")
  set(assembly "	.section .rodata\n")
  set(table "")
  set(externs "")
  set(number 0)
  foreach(file ${arg_FILES})
    file(RELATIVE_PATH name "${arg_DIRECTORY}" "${file}")
    set(label "gatehouse_${arg_SYMBOL}_${number}")
    string(APPEND assembly "	.balign 16\n	.global ${label}_begin\n${label}_begin:\n	.incbin \"${file}\"\n	.global ${label}_end\n${label}_end:\n	.byte 0\n")
    string(APPEND externs "extern \"C\" char const ${label}_begin[], ${label}_end[];\n")
    string(APPEND table "        {\"${name}\", {${label}_begin, static_cast<std::size_t>(${label}_end - ${label}_begin)}},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  string(APPEND assembly "	.section .note.GNU-stack,\"\",@progbits\n")
  file(CONFIGURE OUTPUT "${folder}/${arg_SYMBOL}.S" CONTENT "${assembly}" @ONLY)
  file(CONFIGURE OUTPUT "${folder}/${arg_SYMBOL}.cpp" CONTENT
"#include \"base/embedded.hpp\"
${externs}
namespace gatehouse::embedded {
std::span<EmbeddedFile const> ${arg_SYMBOL}()
{
    static EmbeddedFile const files[] = {
${table}        {{}, {}}};
    return {files, ${number}};
}
}
" @ONLY)
  set_source_files_properties("${folder}/${arg_SYMBOL}.S" PROPERTIES OBJECT_DEPENDS "${arg_FILES}")
  set_source_files_properties("${folder}/${arg_SYMBOL}.cpp" PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  target_sources(${target} PRIVATE "${folder}/${arg_SYMBOL}.S" "${folder}/${arg_SYMBOL}.cpp")
endfunction()

# The hosted pages travel inside the binary: templates, locales, and the static files that browsers fetch.
set(pages "${CMAKE_SOURCE_DIR}/web/pages")
file(GLOB_RECURSE page_templates CONFIGURE_DEPENDS "${pages}/templates/*.html" "${pages}/templates/*.txt")
file(GLOB page_locales CONFIGURE_DEPENDS "${pages}/locales/*.json")
file(GLOB page_assets CONFIGURE_DEPENDS "${pages}/assets/*.css" "${pages}/assets/*.js" "${pages}/assets/*.svg")
gatehouse_embed(gatehouse_view SYMBOL page_templates DIRECTORY "${pages}/templates" FILES ${page_templates})
gatehouse_embed(gatehouse_view SYMBOL page_locales DIRECTORY "${pages}/locales" FILES ${page_locales})
gatehouse_embed_assets(gatehouse_view SYMBOL page_assets DIRECTORY "${pages}/assets" FILES ${page_assets})

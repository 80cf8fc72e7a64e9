# The foreign libraries (all Debian 12 packages) and the flags that every room shares.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81.0 EXACT REQUIRED CONFIG COMPONENTS json url system)
find_package(OpenSSL 3 REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n data)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(JPEG REQUIRED)
pkg_check_modules(webp REQUIRED IMPORTED_TARGET libwebp)
pkg_check_modules(maxminddb REQUIRED IMPORTED_TARGET libmaxminddb)
pkg_check_modules(libxml2 REQUIRED IMPORTED_TARGET libxml-2.0)
# libsodium is linked into the binary, so that its memory for hashes can be ours (docs/decisions/hash-arenas.md).
find_library(sodium_archive libsodium.a REQUIRED)
add_library(sodium STATIC IMPORTED)
set_target_properties(sodium PROPERTIES IMPORTED_LOCATION "${sodium_archive}"
  INTERFACE_LINK_OPTIONS "LINKER:--wrap=mmap,--wrap=munmap")
find_library(zxcvbn_library zxcvbn REQUIRED) # without pkg-config file
pkg_check_modules(cbor REQUIRED IMPORTED_TARGET libcbor)
pkg_check_modules(ctemplate REQUIRED IMPORTED_TARGET libctemplate)
pkg_check_modules(qrcodegencpp REQUIRED IMPORTED_TARGET qrcodegencpp)
pkg_check_modules(brotlienc REQUIRED IMPORTED_TARGET libbrotlienc)
# Not by pkg-config: its -pthread would not fit the precompiled header.
find_library(re2_library re2 REQUIRED)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
find_package(prometheus-cpp REQUIRED COMPONENTS core)

add_library(gatehouse_options INTERFACE)
target_include_directories(gatehouse_options INTERFACE "${CMAKE_SOURCE_DIR}/src")
target_compile_definitions(gatehouse_options INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_VISIBILITY
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  SPDLOG_FMT_EXTERNAL GATEHOUSE_VERSION="${PROJECT_VERSION}")
target_compile_options(gatehouse_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers -Werror
  -fPIE -fno-omit-frame-pointer -fstack-protector-strong
  "SHELL:-Xclang -fno-pch-timestamp")
target_link_options(gatehouse_options INTERFACE -pie -Wl,-z,relro,-z,now)
target_link_libraries(gatehouse_options INTERFACE Threads::Threads fmt::fmt Boost::headers)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(gatehouse_options INTERFACE _FORTIFY_SOURCE=2)
endif()

# LOCKKEEPER_STATIC: the program `lockkeeper` has libpq, OpenSSL and the C++ library inside it and loads libc alone. It starts in a
# seventh of the time, takes half the memory, and needs nothing installed. `lockkeeper-controller` has libpq inside it, which saves what
# Debian's shared one loads, a fourth of the image; not OpenSSL, since Debian has cpprestsdk as a shared library only, and that loads
# OpenSSL itself (docs/decisions/0008).
option(LOCKKEEPER_STATIC "Put libpq, OpenSSL and the C++ library into the program lockkeeper" OFF)

# What the layers link to. A program with the property LOCKKEEPER_STATIC gets the archives, one with LOCKKEEPER_STATIC_LIBPQ that of libpq.
add_library(lockkeeper_libpq INTERFACE)
add_library(lockkeeper_crypto INTERFACE)
target_include_directories(lockkeeper_libpq SYSTEM INTERFACE ${PostgreSQL_INCLUDE_DIRS})
target_link_libraries(lockkeeper_libpq INTERFACE
  "$<IF:$<BOOL:$<TARGET_PROPERTY:LOCKKEEPER_STATIC>>,lockkeeper_libpq_archive,$<IF:$<BOOL:$<TARGET_PROPERTY:LOCKKEEPER_STATIC_LIBPQ>>,lockkeeper_libpq_alone,PostgreSQL::PostgreSQL>>")
target_link_libraries(lockkeeper_crypto INTERFACE
  "$<IF:$<BOOL:$<TARGET_PROPERTY:LOCKKEEPER_STATIC>>,lockkeeper_crypto_archive,OpenSSL::Crypto>")

if(LOCKKEEPER_STATIC)
  find_library(LOCKKEEPER_LIBPQ_A libpq.a REQUIRED)
  # Debian's postgresql-server-dev-15
  find_library(LOCKKEEPER_PGCOMMON_A libpgcommon_shlib.a PATHS /usr/lib/postgresql/15/lib REQUIRED)
  find_library(LOCKKEEPER_PGPORT_A libpgport_shlib.a PATHS /usr/lib/postgresql/15/lib REQUIRED)
  find_library(LOCKKEEPER_SSL_A libssl.a REQUIRED)
  find_library(LOCKKEEPER_CRYPTO_A libcrypto.a REQUIRED)
  find_path(LOCKKEEPER_GSSAPI gssapi/gssapi.h REQUIRED)

  add_library(lockkeeper_optional STATIC controller/postgres/static/gssapi.cpp controller/postgres/static/ldap.cpp)
  target_include_directories(lockkeeper_optional PRIVATE ${LOCKKEEPER_GSSAPI})
  target_link_libraries(lockkeeper_optional PRIVATE ${CMAKE_DL_LIBS})

  add_library(lockkeeper_crypto_archive INTERFACE)
  target_link_libraries(lockkeeper_crypto_archive INTERFACE ${LOCKKEEPER_CRYPTO_A} Threads::Threads ${CMAKE_DL_LIBS})
  add_library(lockkeeper_libpq_archive INTERFACE)
  target_link_libraries(lockkeeper_libpq_archive INTERFACE ${LOCKKEEPER_LIBPQ_A} lockkeeper_optional ${LOCKKEEPER_PGCOMMON_A}
    ${LOCKKEEPER_PGPORT_A} ${LOCKKEEPER_SSL_A} lockkeeper_crypto_archive)
  add_library(lockkeeper_libpq_alone INTERFACE)
  target_link_libraries(lockkeeper_libpq_alone INTERFACE ${LOCKKEEPER_LIBPQ_A} lockkeeper_optional ${LOCKKEEPER_PGCOMMON_A}
    ${LOCKKEEPER_PGPORT_A} OpenSSL::SSL OpenSSL::Crypto)
endif()

# LOCKKEEPER_SANITIZE=address,undefined or thread: instrument everything of ours.
set(LOCKKEEPER_SANITIZE "" CACHE STRING "Sanitizers to build with, for example address,undefined or thread")
if(LOCKKEEPER_SANITIZE)
  add_compile_options(-fsanitize=${LOCKKEEPER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  # A class of cpprestsdk has its type information in the library and, by templates, in our objects as well, and UndefinedBehaviorSanitizer
  # compares the two by address.
  add_compile_options(-fno-sanitize=vptr)
  if(LOCKKEEPER_SANITIZE MATCHES thread)
    add_compile_options(-Wno-tsan)  # Boost.Asio has fences, which ThreadSanitizer does not see
  endif()
  add_link_options(-fsanitize=${LOCKKEEPER_SANITIZE})
endif()

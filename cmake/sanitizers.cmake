# LOCKKEEPER_SANITIZE=address,undefined or thread: instrument everything of ours.
set(LOCKKEEPER_SANITIZE "" CACHE STRING "Sanitizers to build with, for example address,undefined or thread")
if(LOCKKEEPER_SANITIZE)
  add_compile_options(-fsanitize=${LOCKKEEPER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LOCKKEEPER_SANITIZE})
endif()

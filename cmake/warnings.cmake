# Warnings are errors in our own code. Link to `lockkeeper_warnings` to get them.
add_library(lockkeeper_warnings INTERFACE)
target_compile_options(lockkeeper_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast
  -Wcast-align -Woverloaded-virtual -Wduplicated-cond -Wlogical-op -Wextra-semi -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these falsely inside libstdc++ when it inlines std::string and std::regex (GCC PR 105329, 105562).
  target_compile_options(lockkeeper_warnings INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()

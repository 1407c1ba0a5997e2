# Every library that Lockkeeper stands on, all from Debian 12. Which folder may use which is said in cmake/layers.cmake.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(cpprestsdk REQUIRED)
find_package(Boost REQUIRED COMPONENTS system)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)

# prometheus-cpp's own package file asks for the servers and clients of its other parts too.
find_library(PROMETHEUS_CPP_CORE prometheus-cpp-core REQUIRED)
find_path(PROMETHEUS_CPP_INCLUDE prometheus/registry.h REQUIRED)
add_library(prometheus-cpp::core SHARED IMPORTED)
set_target_properties(prometheus-cpp::core PROPERTIES
  IMPORTED_LOCATION "${PROMETHEUS_CPP_CORE}" INTERFACE_INCLUDE_DIRECTORIES "${PROMETHEUS_CPP_INCLUDE}")

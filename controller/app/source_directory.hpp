#pragma once

#include "migration/source_file.hpp"

#include <filesystem>
#include <vector>

namespace lockkeeper::app {

/// The files of a directory, links followed (a mounted ConfigMap is made of them), directories in it passed over.
/// Throws std::runtime_error that names the path.
std::vector<migration::SourceFile> read_source_directory(const std::filesystem::path& directory);

/// The whole of a file. Throws std::runtime_error that names the path.
std::string read_file(const std::filesystem::path& path);

}  // namespace lockkeeper::app

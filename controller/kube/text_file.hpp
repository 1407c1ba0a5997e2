#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace lockkeeper::kube {

/// The message is the file's name and why.
class UnreadableFile : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// A small file as a whole, without white space at its end. Throws UnreadableFile.
std::string read_text_file(const std::filesystem::path& file);

}  // namespace lockkeeper::kube

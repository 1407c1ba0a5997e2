#pragma once

#include <string>
#include <string_view>

namespace lockkeeper::postgres {

/// Text that has a path, for libraries that read certificates and keys from files alone. It is in memory and on no
/// disk, has no name that another process could guess, only this process's user may open it, and it is gone with the
/// object.
class PrivateFile {
  public:
    /// Throws std::system_error, which tells nothing of the text.
    explicit PrivateFile(std::string_view text);
    ~PrivateFile();
    PrivateFile(const PrivateFile&) = delete;
    PrivateFile& operator=(const PrivateFile&) = delete;

    /// For this process.
    const std::string& path() const { return path_; }
    /// Throws std::system_error.
    bool has_text_of(const PrivateFile& other) const { return text() == other.text(); }

  private:
    std::string text() const;

    int descriptor_;
    std::string path_;
};

}  // namespace lockkeeper::postgres

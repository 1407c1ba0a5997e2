#include "app/source_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace lockkeeper::app {
namespace {

/// A file, open for reading. Throws std::runtime_error with its name and what is wrong.
class File {
  public:
    explicit File(const std::filesystem::path& path)
        : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (descriptor_ < 0) fail();
    }
    ~File() { ::close(descriptor_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    /// One more than it has now, and so enough to see its end; a guess where it is no regular file.
    std::size_t size() const {
        struct stat status {};
        if (::fstat(descriptor_, &status) != 0) fail();
        constexpr std::size_t least = 4'096;
        return S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) + 1 : least;
    }

    /// 0 at its end.
    std::size_t read(char* to, std::size_t most) const {
        ssize_t got = 0;
        do got = ::read(descriptor_, to, most);
        while (got < 0 && errno == EINTR);
        if (got < 0) fail();
        return static_cast<std::size_t>(got);
    }

  private:
    [[noreturn]] void fail() const {
        throw std::runtime_error("cannot read '" + path_.string() + "': " + std::generic_category().message(errno));
    }

    const std::filesystem::path& path_;
    int descriptor_;
};

/// The whole of a file of which this much has been read already.
std::string read_all(const File& file, std::string_view begin) {
    std::string text(begin);
    std::size_t length = text.size();
    text.resize(std::max(file.size(), length + 1));
    while (const auto got = file.read(text.data() + length, text.size() - length)) {
        length += got;
        if (length == text.size()) text.resize(text.size() + text.size() / 2);
    }
    text.resize(length);
    return text;
}

/// Most scripts are small, and of a regular file less than was asked for is the end: so one look is enough for them.
std::string read_regular_file(const std::filesystem::path& path) {
    const File file(path);
    std::array<char, 16'384> begin;  // NOLINT(*-member-init): to be written to, and large
    const std::string_view got(begin.data(), file.read(begin.data(), begin.size()));
    return got.size() < begin.size() ? std::string(got) : read_all(file, got);
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
    return read_all(File(path), {});
}

std::vector<migration::SourceFile> read_source_directory(const std::filesystem::path& directory) {
    std::error_code error;
    std::vector<migration::SourceFile> files;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        const auto name = entry->path().filename().string();
        if (name.starts_with('.')) continue;
        // A link to nothing is not passed over: the scripts behind it would run without it.
        if (!entry->is_regular_file() && entry->exists()) continue;
        files.push_back({name, read_regular_file(entry->path())});
    }
    if (error) throw std::runtime_error("cannot read the source '" + directory.string() + "': " + error.message());
    return files;
}

}  // namespace lockkeeper::app

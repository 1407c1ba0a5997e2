#include "app/source_directory.hpp"

#include "app/descriptor.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace lockkeeper::app {
namespace {

[[noreturn]] void cannot_read(const std::string& what, const std::filesystem::path& path) {
    throw std::runtime_error("cannot read " + what + "'" + path.string() +
                             "': " + std::generic_category().message(errno));
}

/// A file, open for reading. Throws std::runtime_error with its path and what is wrong.
class File {
  public:
    /// `name` as seen from a directory that is open, which spares the kernel the way to each of its files.
    File(int descriptor, const std::filesystem::path& directory, const char* name)
        : directory_(directory), name_(name), descriptor_(::openat(descriptor, name, O_RDONLY | O_CLOEXEC)) {
        if (!descriptor_) fail();
    }

    /// One more than it has now, and so enough to see its end; a guess where it is no regular file.
    std::size_t size() const {
        struct stat status {};
        if (::fstat(descriptor_.number(), &status) != 0) fail();
        constexpr std::size_t least = 4'096;
        return S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) + 1 : least;
    }

    /// 0 at its end.
    std::size_t read(char* to, std::size_t most) const {
        ssize_t got = 0;
        do got = ::read(descriptor_.number(), to, most);
        while (got < 0 && errno == EINTR);
        if (got < 0) fail();
        return static_cast<std::size_t>(got);
    }

  private:
    [[noreturn]] void fail() const { cannot_read("", directory_ / name_); }

    const std::filesystem::path& directory_;
    const char* name_;
    Descriptor descriptor_;
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
std::string read_regular_file(const File& file) {
    std::array<char, 16'384> begin;  // NOLINT(*-member-init): to be written to, and large
    const std::string_view got(begin.data(), file.read(begin.data(), begin.size()));
    return got.size() < begin.size() ? std::string(got) : read_all(file, got);
}

/// What the directory says itself of most entries. A link to nothing is not passed over: the scripts behind it would
/// run without it.
bool is_passed_over(int directory, const dirent& entry) {
    if (entry.d_name[0] == '.') return true;
    if (entry.d_type == DT_REG) return false;
    if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return true;
    struct stat status {};
    return ::fstatat(directory, entry.d_name, &status, 0) == 0 && !S_ISREG(status.st_mode);
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
    return read_all(File(AT_FDCWD, {}, path.c_str()), {});
}

std::vector<migration::SourceFile> read_source_directory(const std::filesystem::path& directory) {
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(directory.c_str()), &::closedir);
    if (entries == nullptr) cannot_read("the source ", directory);
    const int descriptor = ::dirfd(entries.get());
    std::vector<migration::SourceFile> files;
    while (true) {
        errno = 0;
        const auto* entry = ::readdir(entries.get());
        if (entry == nullptr && errno != 0) cannot_read("the source ", directory);
        if (entry == nullptr) return files;
        if (is_passed_over(descriptor, *entry)) continue;
        files.push_back({entry->d_name, read_regular_file(File(descriptor, directory, entry->d_name))});
    }
}

}  // namespace lockkeeper::app

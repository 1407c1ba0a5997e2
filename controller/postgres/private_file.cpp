#include "postgres/private_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace lockkeeper::postgres {
namespace {

[[noreturn]] void fail() {
    throw std::system_error(errno, std::generic_category(), "a private file");
}

}  // namespace

PrivateFile::PrivateFile(std::string_view text) : descriptor_(::memfd_create("lockkeeper", MFD_CLOEXEC)) {
    if (descriptor_ < 0) fail();
    try {
        // libpq refuses a key that others might read.
        if (::fchmod(descriptor_, S_IRUSR | S_IWUSR) != 0) fail();
        while (!text.empty()) {
            const auto written = ::write(descriptor_, text.data(), text.size());
            if (written < 0) fail();
            text.remove_prefix(static_cast<std::size_t>(written));
        }
        path_ = "/proc/self/fd/" + std::to_string(descriptor_);
    } catch (...) {
        ::close(descriptor_);
        throw;
    }
}

std::string PrivateFile::text() const {
    struct stat file {};
    if (::fstat(descriptor_, &file) != 0) fail();
    std::string text(static_cast<std::size_t>(file.st_size), '\0');
    for (std::size_t at = 0; at < text.size();) {
        const auto got = ::pread(descriptor_, text.data() + at, text.size() - at, static_cast<off_t>(at));
        if (got <= 0) fail();
        at += static_cast<std::size_t>(got);
    }
    return text;
}

PrivateFile::~PrivateFile() {
    ::close(descriptor_);
}

}  // namespace lockkeeper::postgres

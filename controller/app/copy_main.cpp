// lockkeeper-copy: brings the scripts out of an application's image. It runs as an init container of that image, of
// which nothing is known but that it holds a directory: no shell, no libc. So it is linked with nothing that it would
// have to load, and is put beside the image's files by another init container, of our own image.
//
//   lockkeeper-copy install FILE              a copy of this very program
//   lockkeeper-copy scripts DIRECTORY TO      the files of a directory; directories in it are passed over
//
// What goes wrong is said on standard error and, as the line of a runner that refuses (reconcile/runner_line.hpp), in
// the termination message.
#include "app/descriptor.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using lockkeeper::app::Descriptor;

constexpr std::size_t most_files = 10'000;
constexpr std::size_t most_bytes = std::size_t{512} << 20U;
constexpr auto default_termination_log = "/dev/termination-log";

/// The reason is that of a condition.
class Refused : public std::runtime_error {
  public:
    Refused(const char* reason, const std::string& message) : std::runtime_error(message), reason_(reason) {}
    const char* reason() const { return reason_; }

  private:
    const char* reason_;
};

std::string quoted(const std::string& path) {
    return "'" + path + "'";
}

/// With what errno says.
Refused failed(const char* reason, const std::string& what) {
    return {reason, what + ": " + std::strerror(errno)};
}

void write_all(const Descriptor& to, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const auto written = ::write(to.number(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw failed("RunnerFailed", "cannot write " + quoted(path));
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// Copies what is left of an open file, and says how many bytes that was.
std::size_t copy_bytes(const Descriptor& from, const std::string& name, const Descriptor& to, const std::string& path) {
    static std::array<char, 65'536> buffer;
    std::size_t bytes = 0;
    while (true) {
        const auto got = ::read(from.number(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw failed("SourceNotFound", "cannot read " + quoted(name));
        if (got == 0) return bytes;
        bytes += static_cast<std::size_t>(got);
        if (bytes > most_bytes) return bytes;
        write_all(to, {buffer.data(), static_cast<std::size_t>(got)}, path);
    }
}

Descriptor create(const std::string& path, mode_t mode) {
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (!file) throw failed("RunnerFailed", "cannot make " + quoted(path));
    return file;
}

void install(const std::string& path) {
    const Descriptor self(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    if (!self) throw failed("RunnerFailed", "cannot read this program");
    constexpr mode_t for_everybody = 0755;
    const auto file = create(path, for_everybody);
    copy_bytes(self, "/proc/self/exe", file, path);
    // Whatever the umask is: another user will run it.
    if (::fchmod(file.number(), for_everybody) != 0) throw failed("RunnerFailed", "cannot make " + quoted(path));
}

std::vector<std::string> names_in(const std::string& directory) {
    struct Closer {
        void operator()(DIR* directory) const { ::closedir(directory); }
    };
    const std::unique_ptr<DIR, Closer> open(::opendir(directory.c_str()));
    if (open == nullptr && errno == ENOENT) {
        throw Refused("SourceNotFound", "the image has no directory " + quoted(directory) +
                                            "; write the one that holds the scripts as spec.source.image.path");
    }
    if (open == nullptr && errno == ENOTDIR) {
        throw Refused("SourceNotFound", quoted(directory) +
                                            " of the image is no directory; write the one that holds the scripts as "
                                            "spec.source.image.path");
    }
    if (open == nullptr) {
        throw failed("SourceNotFound", "cannot read the directory " + quoted(directory) + " of the image as user " +
                                           std::to_string(::getuid()));
    }
    std::vector<std::string> names;
    while (const auto* entry = ::readdir(open.get())) {
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    std::ranges::sort(names);
    return names;
}

/// A regular file of the image, links followed; nothing for whatever else has this name.
Descriptor open_script(const std::string& path) {
    // Without waiting: it may be a pipe that nobody writes to.
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file && errno == ENOENT) throw Refused("SourceNotFound", quoted(path) + " of the image is a link to nothing");
    struct stat status {};
    if (!file && ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) return Descriptor(-1);
    if (!file) {
        throw failed("SourceNotFound",
                     "cannot read " + quoted(path) + " of the image as user " + std::to_string(::getuid()));
    }
    if (::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode)) return Descriptor(-1);
    return file;
}

void copy_scripts(const std::string& directory, const std::string& to) {
    std::size_t files = 0;
    std::size_t bytes = 0;
    for (const auto& name : names_in(directory)) {
        const auto script = open_script(directory + "/" + name);
        if (!script) continue;
        if (++files > most_files) {
            throw Refused("InvalidSource", "the directory " + quoted(directory) + " of the image holds more than " +
                                               std::to_string(most_files) + " files; is it that of the scripts?");
        }
        const auto path = to + "/" + name;
        constexpr mode_t for_everybody_to_read = 0644;
        bytes += copy_bytes(script, directory + "/" + name, create(path, for_everybody_to_read), path);
        if (bytes > most_bytes) {
            throw Refused("InvalidSource", "the files in " + quoted(directory) + " of the image are more than " +
                                               std::to_string(most_bytes >> 20U) + " MiB; is it that of the scripts?");
        }
    }
    std::printf("copied %zu files, %zu bytes\n", files, bytes);
}

/// Text as part of a JSON string. What is not plain ASCII becomes `?`: names of files may be in any encoding.
std::string in_json(const std::string& text) {
    std::string escaped;
    for (const char character : text) {
        if (character == '"' || character == '\\') escaped += '\\';
        escaped += character >= ' ' && character <= '~' ? character : '?';
    }
    return escaped;
}

void write_termination_message(const Refused& refused) {
    const auto* const other = ::getenv("LOCKKEEPER_TERMINATION_LOG");
    const auto* const path = other == nullptr ? default_termination_log : other;
    const Descriptor file(::open(path, O_WRONLY | O_TRUNC | O_CLOEXEC));
    if (!file) return;
    const auto line = R"({"format":1,"type":"refused","reason":")" + std::string(refused.reason()) +
                      R"(","message":")" + in_json(refused.what()) + "\"}";
    // Standard error has it all, whatever becomes of this.
    [[maybe_unused]] const auto written = ::write(file.number(), line.data(), line.size());
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    try {
        if (words.size() == 2 && words[0] == "install") {
            install(words[1]);
        } else if (words.size() == 3 && words[0] == "scripts") {
            copy_scripts(words[1], words[2]);
        } else {
            static_cast<void>(std::fputs(
                "usage: lockkeeper-copy install FILE\n       lockkeeper-copy scripts DIRECTORY TO\n", stderr));
            return 2;
        }
    } catch (const Refused& refused) {
        static_cast<void>(std::fprintf(stderr, "lockkeeper-copy: %s\n", refused.what()));
        write_termination_message(refused);
        return 1;
    }
    return 0;
}

#include "app/source_directory.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace lockkeeper::app {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        throw std::runtime_error("cannot read '" + path.string() + "': " + std::generic_category().message(errno));
    }
    std::error_code no_size;
    const auto size = std::filesystem::file_size(path, no_size);
    std::string text;
    if (!no_size) text.reserve(size);
    text.assign(std::istreambuf_iterator<char>(stream), {});
    if (stream.bad()) throw std::runtime_error("cannot read '" + path.string() + "' to its end");
    return text;
}

std::vector<migration::SourceFile> read_source_directory(const std::filesystem::path& directory) {
    std::error_code error;
    std::vector<migration::SourceFile> files;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        const auto name = entry->path().filename().string();
        if (name.starts_with('.') || !entry->is_regular_file()) continue;
        files.push_back({name, read_file(entry->path())});
    }
    if (error) throw std::runtime_error("cannot read the source '" + directory.string() + "': " + error.message());
    return files;
}

}  // namespace lockkeeper::app

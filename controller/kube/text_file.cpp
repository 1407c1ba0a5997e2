#include "kube/text_file.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace lockkeeper::kube {

std::string read_text_file(const std::filesystem::path& file) {
    errno = 0;
    try {
        std::ifstream stream(file, std::ios::binary);
        if (stream.is_open()) {
            std::string text{std::istreambuf_iterator<char>(stream), {}};
            text.erase(text.find_last_not_of(" \t\r\n") + 1);
            return text;
        }
    } catch (const std::ios_base::failure&) {  // NOLINT(bugprone-empty-catch): a folder, say; errno tells below
    }
    throw UnreadableFile(file.string() + ": " + std::generic_category().message(errno == 0 ? EIO : errno));
}

}  // namespace lockkeeper::kube

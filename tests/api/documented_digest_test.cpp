// docs/api.md tells how to compute a source's digest in a shell; here that text is run.
#include "migration/checksum.hpp"
#include "migration/source_file.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace lockkeeper;

namespace {

class TemporaryFolder {
  public:
    TemporaryFolder()
        : path_(std::filesystem::temp_directory_path() / ("lockkeeper-digest-" + std::to_string(::getpid()))) {
        std::filesystem::create_directory(path_);
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

std::string documented_commands() {
    std::ostringstream text;
    text << std::ifstream(LOCKKEEPER_SOURCE_DIR "/docs/api.md").rdbuf();
    const auto page = text.str();
    const std::string fence = "```bash\n";
    const auto begin = page.find(fence) + fence.size();
    return page.substr(begin, page.find("```", begin) - begin);
}

std::string run_in(const std::filesystem::path& folder, const std::filesystem::path& script) {
    // NOLINTNEXTLINE(cert-env33-c): a shell is what this test is about
    auto* pipe = ::popen(("cd '" + folder.string() + "' && bash '" + script.string() + "'").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 200> line{};
    const bool read = std::fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr;
    ::pclose(pipe);
    return read ? std::string(line.data()) : std::string();
}

}  // namespace

TEST_CASE("the documented commands compute the digest of a source") {
    const TemporaryFolder folder;
    const auto scripts = folder.path() / "scripts";
    std::filesystem::create_directory(scripts);
    const std::vector<migration::SourceFile> files{{"0001_plain.up.sql", "SELECT 1;\n"},
                                                   {"0001_plain.down.sql", ""},
                                                   {"0002_windows.up.sql", "\xEF\xBB\xBFSELECT 1;\r\nSELECT '\r';\r\n"},
                                                   {"0010_no-line-break.sql", "SELECT 'ä'"},
                                                   {"B_upper_case_sorts_first.sql", "\n\n"},
                                                   {"README.md", "part of the set"},
                                                   {".hidden", "not part of it"}};
    for (const auto& file : files) std::ofstream(scripts / file.name) << file.text;
    std::ofstream(folder.path() / "commands") << documented_commands();

    CHECK(run_in(scripts, folder.path() / "commands") == migration::digest_of(files) + "\n");
}

#include "app/source_directory.hpp"

#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace lockkeeper;
using tests::TemporaryFolder;

namespace {

std::vector<migration::SourceFile> files_of(const TemporaryFolder& folder) {
    auto files = app::read_source_directory(folder.path(""));
    std::ranges::sort(files, {}, &migration::SourceFile::name);
    return files;
}

}  // namespace

TEST_CASE("files of every size are read whole, also those that just fill the first look at them") {
    const TemporaryFolder folder;
    for (const std::size_t size : {0UL, 1UL, 16'383UL, 16'384UL, 16'385UL, 70'000UL}) {
        const auto text = std::string(size, 'x');
        folder.write("scripts/" + std::to_string(size), text);
        CHECK(app::read_file(folder.path("scripts/" + std::to_string(size))) == text);
    }
    for (const auto& file : app::read_source_directory(folder.path("scripts"))) {
        INFO(file.name);
        CHECK(file.text.size() == static_cast<std::size_t>(std::stoul(file.name)));
        CHECK(file.text.find_first_not_of('x') == std::string::npos);
    }
}

TEST_CASE("links are followed, and directories and hidden names passed over, as in a mounted ConfigMap") {
    const TemporaryFolder folder;
    folder.write("..2026/1_a.sql", "SELECT 1;");
    folder.write("nested.sql/2_b.sql", "SELECT 2;");
    std::filesystem::create_symlink("..2026", folder.path("..data"));
    std::filesystem::create_symlink("..data/1_a.sql", folder.path("1_a.sql"));
    const auto files = files_of(folder);
    REQUIRE(files.size() == 1);
    CHECK(files.front().name == "1_a.sql");
    CHECK(files.front().text == "SELECT 1;");
}

TEST_CASE("a link to nothing and a directory that is not there are errors that name them") {
    const TemporaryFolder folder;
    std::filesystem::create_symlink("nothing.sql", folder.path("1_a.sql"));
    CHECK_THROWS_WITH(files_of(folder), Catch::StartsWith("cannot read '") && Catch::Contains("1_a.sql'") &&
                                            Catch::EndsWith("No such file or directory"));
    CHECK_THROWS_WITH(app::read_source_directory(folder.path("none")),
                      Catch::StartsWith("cannot read the source '") && Catch::Contains("none'"));
}

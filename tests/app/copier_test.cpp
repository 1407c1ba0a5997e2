// lockkeeper-copy, the program that brings scripts out of an application's image.
#include "app/source_directory.hpp"
#include "reconcile/runner_line.hpp"
#include "support/process.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>
#include <elf.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>

using namespace lockkeeper;
using lockkeeper::tests::Process;
using lockkeeper::tests::TemporaryFolder;

#ifdef LOCKKEEPER_COPIER

namespace {

struct Image {
    Image() {
        folder.write("termination-log", "");
        std::filesystem::create_directories(folder.path("to"));
    }
    int run(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), LOCKKEEPER_COPIER);
        Process copier(arguments, {"LOCKKEEPER_TERMINATION_LOG=" + folder.path("termination-log").string()});
        const int code = copier.wait();
        said = copier.log();
        return code;
    }
    int copy(const std::string& directory) {
        return run({"scripts", folder.path(directory).string(), folder.path("to").string()});
    }
    reconcile::RunnerRefusal refusal() const {
        const auto line = reconcile::parse_runner_line(app::read_file(folder.path("termination-log")));
        REQUIRE(line);
        return std::get<reconcile::RunnerRefusal>(*line);
    }

    TemporaryFolder folder;
    std::string said;
};

/// Does a program have to be loaded by another one, as all do that need a library?
bool names_a_loader(const std::string& program) {
    Elf64_Ehdr header{};
    std::memcpy(&header, program.data(), sizeof header);
    for (std::size_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        std::memcpy(&segment, program.data() + header.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type == PT_INTERP) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("the copier brings regular files and links to them, and passes over all else") {
    Image image;
    image.folder.write("migrations/0001_a.up.sql", "CREATE TABLE a (x int);\n");
    image.folder.write("migrations/empty.sql", "");
    image.folder.write("migrations/.hidden", "x");
    image.folder.write("migrations/more/0002_b.up.sql", "x");
    image.folder.write("elsewhere.sql", std::string(200'000, 'y'));
    std::filesystem::create_symlink("../elsewhere.sql", image.folder.path("migrations/0003_c.up.sql"));
    ::mkfifo(image.folder.path("migrations/pipe.sql").c_str(), 0600);
    CHECK(image.copy("migrations") == 0);
    CHECK(image.said == "copied 3 files, 200024 bytes\n");
    CHECK(app::read_file(image.folder.path("to/0001_a.up.sql")) == "CREATE TABLE a (x int);\n");
    CHECK(app::read_file(image.folder.path("to/0003_c.up.sql")) == std::string(200'000, 'y'));
    CHECK(app::read_source_directory(image.folder.path("to")).size() == 3);
}

TEST_CASE("the copier says what is wrong with the directory, also in the termination message") {
    Image image;
    CHECK(image.copy("none") == 1);
    CHECK_THAT(image.said, Catch::Contains("the image has no directory") && Catch::Contains("spec.source.image.path"));
    CHECK(image.refusal().reason == "SourceNotFound");
    CHECK_THAT(image.refusal().message, Catch::Contains("/none"));
    image.folder.write("file", "x");
    CHECK(image.copy("file") == 1);
    CHECK_THAT(image.refusal().message, Catch::Contains("is no directory"));
    image.folder.write("odd \"\\\xff name/x.sql", "x");
    std::filesystem::create_symlink("nothing", image.folder.path("odd \"\\\xff name/link.sql"));
    CHECK(image.copy("odd \"\\\xff name") == 1);
    CHECK_THAT(image.refusal().message, Catch::Contains("is a link to nothing"));
}

TEST_CASE("the copier refuses a directory that is too large to be one of scripts") {
    Image image;
    image.folder.write("migrations/large.sql", "");
    std::filesystem::resize_file(image.folder.path("migrations/large.sql"), (std::uintmax_t{512} << 20U) + 1);
    CHECK(image.copy("migrations") == 1);
    CHECK(image.refusal().reason == "InvalidSource");
    CHECK_THAT(image.refusal().message, Catch::Contains("more than 512 MiB"));
}

TEST_CASE("the copier installs a copy of itself that everybody may run, and loads no library") {
    Image image;
    const auto copy = image.folder.path("to/copier");
    const auto mask = ::umask(0077);
    CHECK(image.run({"install", copy.string()}) == 0);
    ::umask(mask);
    CHECK((std::filesystem::status(copy).permissions() & std::filesystem::perms::others_exec) !=
          std::filesystem::perms::none);
    Process copied({copy.string()});
    CHECK(copied.wait() == 2);
    CHECK_FALSE(names_a_loader(app::read_file(copy)));
    CHECK(image.run({"scripts", "/a"}) == 2);
    REQUIRE(names_a_loader(app::read_file(LOCKKEEPER_BINARY)));
}

#endif

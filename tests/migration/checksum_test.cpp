#include "migration/checksum.hpp"

#include "migration/source_file.hpp"

#include <catch2/catch.hpp>

using namespace lockkeeper::migration;

TEST_CASE("a checksum is SHA-256 in hexadecimal") {
    CHECK(checksum_of("abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("line ends and a byte order mark do not change a checksum") {
    const auto checksum = checksum_of("SELECT 1;\nSELECT 2;\n");
    CHECK(checksum_of("SELECT 1;\r\nSELECT 2;\r\n") == checksum);
    CHECK(checksum_of("\xEF\xBB\xBFSELECT 1;\nSELECT 2;\n") == checksum);
    CHECK(checksum_of("SELECT 1;\nSELECT 3;\n") != checksum);
    CHECK(checksum_of("SELECT 1;\rSELECT 2;\n") != checksum);
}

TEST_CASE("a digest depends on names and texts, not on their order, and not on hidden files") {
    const auto digest = digest_of({{"a.sql", "1"}, {"b.sql", "2"}});
    CHECK(digest_of({{"b.sql", "2"}, {"a.sql", "1"}}) == digest);
    CHECK(digest_of({{"a.sql", "1"}, {"b.sql", "2"}, {"..data", "x"}}) == digest);
    CHECK(digest_of({{"a.sql", "2"}, {"b.sql", "1"}}) != digest);
    CHECK(digest_of({{"a.sql", "1"}}) != digest);
}

TEST_CASE("a digest is what the documented shell command computes") {
    // printf 'a.sql\n2\n1\n\nb.sql\n1\n2\n' | sha256sum
    CHECK(digest_of({{"a.sql", "1\r\n"}, {"b.sql", "2"}}) ==
          "sha256:4be4494bda27362ae5ac01c973f08aaca73e0e95665d7e5e71c900c7dfbcd3ea");
}

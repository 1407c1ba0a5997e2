#include "migration/version.hpp"

#include <catch2/catch.hpp>

using lockkeeper::migration::same_place;
using lockkeeper::migration::Version;

TEST_CASE("versions are ordered by number, not by text") {
    CHECK(Version("9_a") < Version("10_a"));
    CHECK(Version("0009_a") < Version("10_a"));
    CHECK(Version("20260101120000_x") < Version("20260101120001_a"));
    CHECK(Version("99999999999999999999999999999999999999_a") < Version("100000000000000000000000000000000000000_a"));
}

TEST_CASE("dotted versions are ordered part by part") {
    CHECK(Version("1.9_a") < Version("1.10_a"));
    CHECK(Version("1_a") < Version("1.1_a"));
    CHECK(Version("1.10_a") < Version("2_a"));
}

TEST_CASE("scripts of one number are ordered by the bytes of their names") {
    CHECK(Version("0103_a") < Version("0103_b"));
    CHECK(Version("0103_Z") < Version("0103_a"));
}

TEST_CASE("the number of a version is what stands before its name") {
    CHECK(Version("0103_drop_rollups").number() == "0103");
    CHECK(Version("1.10_x").number() == "1.10");
    CHECK(Version("1._x").number() == "1");
    CHECK(Version("x").number().empty());
}

TEST_CASE("versions that differ in leading zeros only are the same place but not equal") {
    CHECK(same_place(Version("1_orders"), Version("001_orders")));
    CHECK_FALSE(Version("1_orders") == Version("001_orders"));
    CHECK_FALSE(same_place(Version("1_orders"), Version("1_customers")));
}

#include "app/reference_index.hpp"

#include <catch2/catch.hpp>

using lockkeeper::app::ReferenceIndex;
using Keys = std::vector<lockkeeper::kube::NamespacedName>;

TEST_CASE("a ConfigMap wakes every Migration that names it") {
    ReferenceIndex index;
    index.set({"n", "a"}, {{"n", "one"}, {"n", "two"}});
    index.set({"n", "b"}, {{"n", "two"}});
    CHECK(index.users_of({"n", "one"}) == Keys{{"n", "a"}});
    CHECK(index.users_of({"n", "two"}) == Keys{{"n", "a"}, {"n", "b"}});
    CHECK(index.users_of({"m", "two"}).empty());
}

TEST_CASE("a Migration that names another ConfigMap, or is gone, is no longer woken by the old one") {
    ReferenceIndex index;
    index.set({"n", "a"}, {{"n", "one"}});
    index.set({"n", "a"}, {{"n", "two"}});
    CHECK_FALSE(index.is_referred({"n", "one"}));
    CHECK(index.users_of({"n", "two"}) == Keys{{"n", "a"}});
    index.set({"n", "a"}, {});
    CHECK_FALSE(index.is_referred({"n", "two"}));
}

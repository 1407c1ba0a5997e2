#pragma once

#include "api/migration.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lockkeeper::reconcile {

/// A Migration that is to be Ready before another one runs, and is not.
struct UnreadyDependency {
    std::string name;
    std::string why;  ///< `is not there`
};

/// What a Migration's dependsOn leads to.
struct ObservedDependencies {
    /// The way from the Migration back to itself, as short as there is one: shop, orders, shop. Empty: there is none.
    std::vector<std::string> cycle;
    std::vector<UnreadyDependency> unready;
};

/// Looks up a Migration of the same namespace; null if there is none.
using FindMigration = std::function<std::shared_ptr<const api::Migration>(const std::string& name)>;

/// Pure but for what `find` does.
ObservedDependencies observe_dependencies(const api::Migration& migration, const FindMigration& find);

/// Could a change from the one to the other matter to a Migration that depends on it? Null where it was not, or is no
/// longer, there.
bool matters_to_dependents(const api::Migration* before, const api::Migration* after);

/// `shop → orders → shop`
std::string describe_cycle(const std::vector<std::string>& cycle);
/// `'orders', which is not there, and 'items', which is not Ready (ScriptFailed)`
std::string describe_unready(const std::vector<UnreadyDependency>& unready);

}  // namespace lockkeeper::reconcile

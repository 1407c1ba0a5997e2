#include "app/health_checks.hpp"

#include <utility>

namespace lockkeeper::app {

void HealthChecks::add(const std::string& name, Check check) {
    const std::lock_guard lock(mutex_);
    checks_.insert_or_assign(name, std::move(check));
}

ProbeAnswer HealthChecks::answer() const {
    const std::lock_guard lock(mutex_);
    std::string failures;
    for (const auto& [name, check] : checks_) {
        if (const auto wrong = check()) failures += name + ": " + *wrong + "\n";
    }
    if (failures.empty()) return {200, "ok\n"};
    return {500, failures};
}

}  // namespace lockkeeper::app

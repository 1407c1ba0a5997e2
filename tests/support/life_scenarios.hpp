#pragma once

#include "support/migration_life.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lockkeeper::tests {

/// The whole lives of some thirty Migrations: what happens to each, and what it has to say of it. What they hold on to
/// in the database lives as long as this.
class LifeScenarios {
  public:
    explicit LifeScenarios(const MigrationSpace& space) : space_(space) {}

    std::vector<Scenario> all();

  private:
    Scenario& scenario(const std::string& name, std::vector<std::string> events);
    Step inline_source(const std::string& name, const nlohmann::json& files, const std::string& ready,
                       nlohmann::json spec = nlohmann::json::object());
    Step config_map_source(const std::string& name, const std::string& ready,
                           nlohmann::json spec = nlohmann::json::object());
    Step config_map(const std::string& name, const nlohmann::json& files,
                    std::function<bool(const nlohmann::json&)> is_done);
    Step secret(const std::string& name, const std::string& url, const std::string& ready);
    Step request(const std::string& name, const std::string& value, const std::string& ready);
    /// What is held open in the database, until `let_go` is done.
    Step hold(const std::string& sql, const Step& then);
    Step let_go(const std::string& sql, const std::string& ready);
    void of_sources();
    void of_histories();
    void of_secrets();
    void of_waits();
    void of_runs();
    void of_steering();

    const MigrationSpace& space_;
    std::vector<Scenario> scenarios_;
    std::vector<std::unique_ptr<postgres::Connection>> sessions_;
};

}  // namespace lockkeeper::tests

#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace lockkeeper::tests {

/// Follows the Migrations of a watch, and holds each status that it sees against what kstatus, kubectl wait and Argo CD
/// count on. Complains in words.
class StatusLife {
  public:
    /// `secrets`: texts that must not be in any status.
    explicit StatusLife(std::vector<std::string> secrets = {}) : secrets_(std::move(secrets)) {}

    /// The next event of a watch: `{"type": "MODIFIED", "object": {…}}`.
    void see(const nlohmann::json& event);

    const std::vector<std::string>& complaints() const { return complaints_; }
    /// How many statuses of the Migrations of this name were written.
    std::size_t writes_of(const std::string& name) const;
    /// What Ready went through for a Migration: `True/UpToDate`, each once in a row.
    std::vector<std::string> ready_of(const std::string& name) const;

  private:
    void check(const nlohmann::json& object);
    void check_change(const nlohmann::json& before, const nlohmann::json& after);
    void complain(const nlohmann::json& object, const std::string& what);

    std::vector<std::string> secrets_;
    std::map<std::string, nlohmann::json> last_;                ///< by uid
    std::map<std::string, std::vector<std::string>> ready_of_;  ///< by name
    std::vector<std::string> complaints_;
    std::map<std::string, std::size_t> writes_of_;
};

}  // namespace lockkeeper::tests

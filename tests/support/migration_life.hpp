#pragma once

#include "support/kubectl.hpp"
#include "support/temporary_database.hpp"

#include <functional>
#include <string>
#include <vector>

namespace lockkeeper::tests {

/// A namespace full of Migrations for one database, each with a history, a Secret and a ConfigMap of its own.
class MigrationSpace {
  public:
    MigrationSpace() = default;

    const TemporaryDatabase& database() const { return database_; }
    const TemporaryNamespace& ns() const { return ns_; }

    /// A Migration with these scripts in itself.
    void apply(const std::string& name, const nlohmann::json& files,
               nlohmann::json spec = nlohmann::json::object()) const;
    /// A Migration with scripts from the ConfigMap of its name.
    void apply_from_config_map(const std::string& name, nlohmann::json spec = nlohmann::json::object()) const;
    void apply_config_map(const std::string& name, const nlohmann::json& files) const {
        ns_.apply_config_map(name, files);
    }
    /// The Secret that the Migration of this name reads.
    void apply_secret(const std::string& name, const std::string& url) const { ns_.apply_secret(name, url); }
    void apply_secret(const std::string& name) const { ns_.apply_secret(name, database_.url()); }
    void request(const std::string& name, const std::string& value) const;
    void remove(const std::string& name) const { ns_.remove("pgmig", name); }

    nlohmann::json all() const;

  private:
    TemporaryDatabase database_;
    TemporaryNamespace ns_;
};

/// One thing that is done to a Migration, and what is to come of it.
struct Step {
    std::function<void()> act;
    std::function<bool(const nlohmann::json&)> is_done;
};

/// What happens to one Migration.
struct Scenario {
    std::string name;
    std::vector<Step> steps;
    std::vector<std::string> events;   ///< as TemporaryNamespace::events_of has them in the end
    std::vector<std::string> maybe{};  ///< reasons of Events that it may have besides
};

/// Takes the scenarios through their steps: the first ones of all of them, then the second ones, and so on. The names
/// of those that have not come to what they should within a minute or two, with what they are instead.
std::vector<std::string> run_all(const MigrationSpace& space, const std::vector<Scenario>& scenarios);

/// Is Ready this, `True/UpToDate` for instance, by the present spec?
std::function<bool(const nlohmann::json&)> ready_is(const std::string& expected);

}  // namespace lockkeeper::tests

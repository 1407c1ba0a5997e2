#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace lockkeeper::tests {

/// What a command printed, both streams together, and how it ended.
struct CommandResult {
    int exit_code = 0;
    std::string output;
};

/// Runs kubectl against the cluster of the tests, with this text as its standard input. Arguments are shell words.
CommandResult kubectl(const std::string& arguments, const std::string& input = {});

/// Applies our CRD and waits until the API server serves it. Throws std::runtime_error with what kubectl said.
void install_crd();

/// A namespace of its own for one test; the Migrations in it are deleted at its end.
class TemporaryNamespace {
  public:
    /// Skips the test, or fails it in CI, when there is no cluster (require_cluster).
    TemporaryNamespace();
    ~TemporaryNamespace();
    TemporaryNamespace(const TemporaryNamespace&) = delete;
    TemporaryNamespace& operator=(const TemporaryNamespace&) = delete;

    const std::string& name() const { return name_; }

    /// Throws std::runtime_error with what kubectl said if it refuses.
    void apply(const nlohmann::json& object) const;
    /// What kubectl says when it refuses; empty if it does not.
    std::string refusal_of(const nlohmann::json& object) const;
    void apply_secret(const std::string& name, const std::string& uri) const;
    void apply_config_map(const std::string& name, const nlohmann::json& data) const;
    nlohmann::json get(const std::string& kind, const std::string& name) const;
    void remove(const std::string& kind, const std::string& name) const;
    /// Waits for a condition of a Migration to be this: `Ready`, `True/UpToDate`. Where it does not come to that, a
    /// failed assertion shows what the Migration is instead.
    bool becomes(const std::string& name, const std::string& type, const std::string& expected,
                 std::chrono::seconds limit = std::chrono::seconds(20)) const;
    /// The reasons of a Migration's Events, oldest first, and how often each was seen: `UpToDate`, `ScriptFailed x2`.
    std::vector<std::string> events_of(const std::string& name) const;

  private:
    std::string name_;
};

/// A Migration with its database URL in a Secret of this name, and the rest of its spec as given; InProcess, where that
/// does not say otherwise.
nlohmann::json migration(const std::string& name, const std::string& secret, nlohmann::json spec);

/// The condition of a type as `Status/Reason`, or `none`.
std::string condition(const nlohmann::json& object, const std::string& type);

/// Asks again and again until the predicate holds, at most this long; false if it never did.
bool eventually(const std::function<bool()>& predicate, std::chrono::seconds limit = std::chrono::seconds(20));

}  // namespace lockkeeper::tests

#pragma once

#include "app/execution_options.hpp"
#include "app/listen_address.hpp"
#include "app/probe_command.hpp"
#include "app/share_options.hpp"
#include "engine/session_settings.hpp"
#include "migration/plan.hpp"
#include "migration/repair.hpp"
#include "postgres/connection_url.hpp"
#include "postgres/identifier.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace lockkeeper::app {

enum class OutputFormat { Text, Json };

/// `lockkeeper migrate up|down|status|plan|repair`.
struct MigrateOptions {
    enum class Action { Up, Down, Status, Plan, Repair };
    Action action = Action::Status;
    std::string source;
    migration::Layout layout = migration::Layout::Auto;
    std::optional<std::string> target;
    std::optional<std::string> baseline;
    std::optional<migration::Adopt> adopt;
    migration::Policy policy;
    bool all = false;                                         ///< down: every applied version
    migration::Direction planned = migration::Direction::Up;  ///< plan: what is to be shown, an up or a down
    postgres::ConnectionUrl url;
    postgres::QualifiedName history;
    std::chrono::milliseconds acquire_timeout{};
    std::chrono::milliseconds retry_for{};  ///< how long transient failures are tried again
    engine::SessionSettings session;
    migration::TransactionScope transaction = migration::TransactionScope::Script;
    std::optional<std::int64_t> lock_key;
    std::vector<std::int64_t> also_hold;
    std::vector<migration::Repair> repairs;  ///< repair: at least one
    OutputFormat output = OutputFormat::Text;
};

/// `lockkeeper run`, what a Job's pod runs. The database is that of LOCKKEEPER_DATABASE_URL.
struct RunOptions {
    std::string description;           ///< file: reconcile::RunDescription
    std::vector<std::string> sources;  ///< directories, whose files are joined
    std::string termination_log;       ///< file: what is left of the run when its log is gone
};

/// `lockkeeper wait`.
struct WaitOptions {
    std::string version;
    std::optional<std::string> source;  ///< directory: every script up to the version is to be applied
    migration::Layout layout = migration::Layout::Auto;
    postgres::QualifiedName history;
    std::chrono::milliseconds timeout{};
    postgres::ConnectionUrl url;
};

/// `lockkeeper controller`.
struct ControllerOptions {
    std::string kubeconfig;
    std::string context;
    ShareOptions share;
    ExecutionOptions execution;
    std::size_t workers = 4;
    OutputFormat log_format = OutputFormat::Text;
    bool verbose = false;
    std::optional<ListenAddress> metrics_address;
    std::optional<ListenAddress> health_address;
    /// What runs may go on for so long after a stop is requested.
    std::chrono::milliseconds shutdown_grace_period{};
};

struct VersionOptions {};

/// Help was asked for, and this is it.
struct HelpText {
    std::string text;
};

using Command =
    std::variant<MigrateOptions, RunOptions, WaitOptions, ControllerOptions, ProbeOptions, VersionOptions, HelpText>;

/// The arguments make no sense. The message says what to write.
class WrongUsage : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Reads the command line and what it names in environment and files. Makes no connection. Throws WrongUsage.
Command parse_command_line(int argc, const char* const* argv);

}  // namespace lockkeeper::app

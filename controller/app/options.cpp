#include "app/options.hpp"

#include "app/policy_options.hpp"
#include "app/probe_options.hpp"
#include "app/repair_options.hpp"
#include "app/session_options.hpp"
#include "app/source_directory.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>

namespace lockkeeper::app {
namespace {

/// Which database, by an option; by the environment where both are empty.
struct DatabaseTexts {
    std::string url;
    std::string url_file;
};

/// The text of options that need a reading of their own.
struct MigrateTexts {
    std::string action;
    std::string source;
    std::string target;
    std::string baseline;
    bool all = false;
    std::optional<std::string> direction;
    DatabaseTexts database;
    std::string history = "public.lockkeeper_history";
    std::string acquire_timeout = "10m";
    SessionTexts session;
    std::string retry_for = "5m";
    std::string output = "text";
    PolicyTexts policy;
    RepairTexts repair;
};

struct WaitTexts {
    std::string version;
    std::string source;
    std::string layout = "auto";
    std::string history = "public.lockkeeper_history";
    std::string timeout = "5m";
    DatabaseTexts database;
};

struct ControllerTexts {
    ControllerOptions options;
    ShareTexts share;
    ExecutionTexts execution;
    std::string log_format = "text";
    std::string metrics_address = ":8080";
    std::string health_address = ":8081";
    std::string shutdown_grace_period = "20s";
};

std::optional<ListenAddress> parse_address(const std::string& option, const std::string& text) {
    try {
        return parse_listen_address(text);
    } catch (const std::exception& error) {
        throw WrongUsage(option + ": " + error.what() + "; 0 is off");
    }
}

OutputFormat parse_format(const std::string& option, const std::string& text) {
    if (text == "text") return OutputFormat::Text;
    if (text == "json") return OutputFormat::Json;
    throw WrongUsage(option + " is '" + text + "'; write text or json");
}

MigrateOptions::Action parse_action(const std::string& text) {
    if (text == "up") return MigrateOptions::Action::Up;
    if (text == "down") return MigrateOptions::Action::Down;
    if (text == "status") return MigrateOptions::Action::Status;
    if (text == "plan") return MigrateOptions::Action::Plan;
    if (text == "repair") return MigrateOptions::Action::Repair;
    throw WrongUsage("what to do is '" + text + "'; write exactly up, down, status, plan or repair");
}

migration::Direction parse_planned(const std::string& text) {
    try {
        return migration::parse_direction(text);
    } catch (const std::invalid_argument&) {
        throw WrongUsage("--direction is '" + text + "'; write exactly up or down");
    }
}

std::string without_final_line_break(std::string text) {
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    return text;
}

/// Every user of a machine can read another process's arguments, so a password there is refused, not used.
std::string url_text(const DatabaseTexts& texts) {
    if (!texts.url.empty() && !texts.url_file.empty()) {
        throw WrongUsage("--database-url and --database-url-file are both given; keep one of them");
    }
    if (!texts.url.empty()) {
        if (postgres::ConnectionUrl::holds_password(texts.url)) {
            throw WrongUsage(
                "--database-url holds a password (or cannot be read), and every user of this machine can read the "
                "arguments "
                "of a process; set LOCKKEEPER_DATABASE_URL, or write it to a file and name that by "
                "--database-url-file");
        }
        return texts.url;
    }
    if (!texts.url_file.empty()) return without_final_line_break(read_file(texts.url_file));
    const char* const variable = std::getenv("LOCKKEEPER_DATABASE_URL");
    if (variable != nullptr && *variable != '\0') return variable;
    throw WrongUsage("no database is named; set LOCKKEEPER_DATABASE_URL, or give --database-url-file FILE");
}

MigrateOptions read_migrate(const MigrateTexts& texts) {
    const auto action = parse_action(texts.action);
    if (texts.direction && action != MigrateOptions::Action::Plan) throw WrongUsage("--direction goes with plan");
    const auto planned = parse_planned(texts.direction.value_or("up"));
    if (texts.all && action != MigrateOptions::Action::Down && planned != migration::Direction::Down) {
        throw WrongUsage("--all goes with down, and with plan --direction down");
    }
    if (texts.all && !texts.target.empty()) throw WrongUsage("--all and --target are both given; keep one of them");
    auto repairs = read_repairs(texts.repair);
    if ((action == MigrateOptions::Action::Repair) == repairs.empty()) {
        throw WrongUsage(
            "repair goes with at least one of --accept, --rename, --layout-changed, --statement-done, "
            "--statement-undone and --forget, and they with it");
    }
    if (action == MigrateOptions::Action::Repair && !texts.target.empty()) {
        throw WrongUsage("--target goes with up, down, status and plan; repair takes versions by its own options");
    }
    auto adopt = read_adopt(texts.policy);
    if (adopt && !texts.baseline.empty()) {
        throw WrongUsage("--adopt and --baseline are both given; keep one of them");
    }
    MigrateOptions options{.action = action,
                           .source = texts.source,
                           .layout = read_layout(texts.policy),
                           .target = {},
                           .baseline = {},
                           .adopt = std::move(adopt),
                           .policy = read_policy(texts.policy),
                           .all = texts.all,
                           .planned = planned,
                           .url = postgres::ConnectionUrl::parse(url_text(texts.database), postgres::UrlTrust::Owner),
                           .history = read_table("--history", texts.history),
                           .acquire_timeout = read_duration("--lock-acquire-timeout", texts.acquire_timeout),
                           .retry_for = read_duration("--retry-for", texts.retry_for),
                           .session = read_session(texts.session),
                           .transaction = read_transaction(texts.session),
                           .lock_key = std::nullopt,
                           .also_hold = read_also_hold(texts.session),
                           .repairs = std::move(repairs),
                           .output = parse_format("--output", texts.output)};
    if (!texts.target.empty()) options.target = texts.target;
    if (!texts.baseline.empty()) options.baseline = texts.baseline;
    if (!texts.session.lock_key.empty()) options.lock_key = read_lock_key("--lock-key", texts.session.lock_key);
    return options;
}

void describe_database(CLI::App& command, DatabaseTexts& texts) {
    command.add_option("--database-url", texts.url, "connection string without a password");
    command.add_option("--database-url-file", texts.url_file,
                       "file with the connection string (default: the variable LOCKKEEPER_DATABASE_URL)");
}

void describe_migrate(CLI::App& command, MigrateTexts& texts) {
    command.add_option("action", texts.action, "up, down, status, plan or repair")->required();
    command.add_option("--source", texts.source, "directory with the scripts")->required();
    command.add_option("--target", texts.target,
                       "version to end at; without it, up runs all, and down rolls back the newest");
    command.add_option("--baseline", texts.baseline,
                       "version up to which the database has everything already, if its history is empty");
    describe_policy(command, texts.policy);
    command.add_flag("--all", texts.all, "down, and the plan of it: roll back every applied version");
    command.add_option("--direction", texts.direction, "plan: show what up or what down would do (default: up)");
    describe_database(command, texts.database);
    command.add_option("--history", texts.history, "history table, as table or schema.table")->capture_default_str();
    command.add_option("--lock-acquire-timeout", texts.acquire_timeout, "how long to wait for another runner")
        ->capture_default_str();
    describe_session(command, texts.session);
    command.add_option("--retry-for", texts.retry_for, "how long a transient failure is tried again")
        ->capture_default_str();
    command.add_option("--output", texts.output, "text or json")->capture_default_str();
    describe_repair(command, texts.repair);
}

void describe_run(CLI::App& command, RunOptions& options) {
    command.add_option("--description", options.description, "file that says what to run, from the controller")
        ->required();
    command.add_option("--source", options.sources, "directory with scripts; may be given several times")->required();
    command.add_option("--termination-log", options.termination_log, "file for the essentials of the result")
        ->capture_default_str();
}

void describe_wait(CLI::App& command, WaitTexts& texts) {
    command.add_option("--version", texts.version, "version that the schema is to be at, or beyond")->required();
    command.add_option("--source", texts.source, "directory with the scripts: all up to the version are waited for");
    command.add_option("--layout", texts.layout, "how the names of its scripts are read")->capture_default_str();
    command.add_option("--history", texts.history, "history table, as table or schema.table")->capture_default_str();
    command.add_option("--timeout", texts.timeout, "when to give up")->capture_default_str();
    describe_database(command, texts.database);
}

WaitOptions read_wait(const WaitTexts& texts) {
    if (texts.version.empty()) throw WrongUsage("--version is empty; write a version such as 0007_orders, or 7");
    PolicyTexts layout;
    layout.layout = texts.layout;
    WaitOptions options{.version = texts.version,
                        .source = std::nullopt,
                        .layout = read_layout(layout),
                        .history = read_table("--history", texts.history),
                        .timeout = read_duration("--timeout", texts.timeout),
                        .url = postgres::ConnectionUrl::parse(url_text(texts.database), postgres::UrlTrust::Owner)};
    if (!texts.source.empty()) options.source = texts.source;
    return options;
}

void describe_controller(CLI::App& command, ControllerTexts& texts) {
    command.add_option("--kubeconfig", texts.options.kubeconfig,
                       "kubeconfig file (default: $KUBECONFIG, then the pod's service account, then ~/.kube/config)");
    command.add_option("--context", texts.options.context, "context of the kubeconfig (default: its current one)");
    describe_share(command, texts.share);
    describe_execution(command, texts.execution);
    command.add_option("--workers", texts.options.workers, "migrations run at once")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    command.add_option("--log-format", texts.log_format, "text or json")->capture_default_str();
    command.add_flag("--verbose", texts.options.verbose, "log every reconcile, not only changes of state");
    command.add_option("--metrics-address", texts.metrics_address, "where /metrics is served; 0 is nowhere")
        ->capture_default_str();
    command.add_option("--health-address", texts.health_address, "where /healthz and /readyz are served; 0 is nowhere")
        ->capture_default_str();
    command
        .add_option("--shutdown-grace-period", texts.shutdown_grace_period,
                    "how long a script may go on after SIGTERM before it is cancelled")
        ->capture_default_str();
}

ControllerOptions read_controller(const ControllerTexts& texts) {
    auto options = texts.options;
    options.share = read_share(texts.share);
    options.execution = read_execution(texts.execution);
    options.log_format = parse_format("--log-format", texts.log_format);
    options.metrics_address = parse_address("--metrics-address", texts.metrics_address);
    options.health_address = parse_address("--health-address", texts.health_address);
    options.shutdown_grace_period = read_duration("--shutdown-grace-period", texts.shutdown_grace_period);
    return options;
}

}  // namespace

Command parse_command_line(int argc, const char* const* argv) {
    CLI::App app("Lockkeeper runs PostgreSQL schema migrations, exactly once.", "lockkeeper");
    app.require_subcommand(1);
    MigrateTexts migrate_texts;
    RunOptions run_options{.description = {}, .sources = {}, .termination_log = "/dev/termination-log"};
    WaitTexts wait_texts;
    ControllerTexts controller_texts;
    auto* const migrate = app.add_subcommand("migrate", "run or inspect scripts from the command line");
    describe_migrate(*migrate, migrate_texts);
    auto* const run = app.add_subcommand("run", "run what a Job of the operator is given");
    describe_run(*run, run_options);
    auto* const wait = app.add_subcommand("wait", "wait until the schema is at a version, or beyond");
    describe_wait(*wait, wait_texts);
    auto* const controller = app.add_subcommand("controller", "run the Kubernetes operator");
    describe_controller(*controller, controller_texts);
    ProbeTexts probe_texts;
    auto* const probe = app.add_subcommand("probe", "ask a controller's health or metrics for once");
    describe_probe(*probe, probe_texts);
    auto* const version = app.add_subcommand("version", "print the version");
    try {
        app.parse(argc, argv);
        if (version->parsed()) return VersionOptions{};
        if (migrate->parsed()) return read_migrate(migrate_texts);
        if (run->parsed()) return run_options;
        if (wait->parsed()) return read_wait(wait_texts);
        if (probe->parsed()) return read_probe(probe_texts);
        return read_controller(controller_texts);
    } catch (const CLI::CallForHelp&) {
        return HelpText{app.help()};
    } catch (const CLI::ParseError& error) {
        throw WrongUsage(error.what());
    } catch (const postgres::InvalidConnectionUrl& error) {
        throw WrongUsage(error.what());
    }
}

}  // namespace lockkeeper::app

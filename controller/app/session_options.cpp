#include "app/session_options.hpp"

#include "api/durations.hpp"
#include "app/choices.hpp"

#include <CLI/CLI.hpp>

#include <charconv>

namespace lockkeeper::app {

using migration::TransactionScope;

void describe_session(CLI::App& command, SessionTexts& texts) {
    command.add_option("--lock-key", texts.lock_key, "advisory lock's key (default: made of the history table's name)");
    command.add_option("--also-hold", texts.also_hold, "further advisory lock of another tool to hold meanwhile");
    command.add_option("--lock-timeout", texts.lock_timeout, "PostgreSQL's lock_timeout for scripts")
        ->capture_default_str();
    command.add_option("--statement-timeout", texts.statement_timeout, "PostgreSQL's statement_timeout for scripts")
        ->capture_default_str();
    command.add_option("--role", texts.role, "role that scripts run as (SET ROLE)");
    command.add_option("--search-path", texts.search_path, "schemas that scripts look in, separated by commas")
        ->delimiter(',');
    command.add_option("--set", texts.parameters, "NAME=VALUE, another setting of PostgreSQL for scripts");
    command
        .add_option("--transaction", texts.transaction,
                    "what is one transaction: script (each), run (all of them together), none")
        ->capture_default_str();
}

std::chrono::milliseconds read_duration(const std::string& option, const std::string& text) {
    try {
        return api::parse_duration(text);
    } catch (const std::exception& error) {
        throw WrongUsage(option + ": " + error.what());
    }
}

engine::SessionSettings read_session(const SessionTexts& texts) {
    engine::SessionSettings settings{.lock_timeout = read_duration("--lock-timeout", texts.lock_timeout),
                                     .statement_timeout = read_duration("--statement-timeout", texts.statement_timeout),
                                     .role = std::nullopt,
                                     .search_path = texts.search_path,
                                     .parameters = {}};
    if (!texts.role.empty()) settings.role = texts.role;
    for (const auto& text : texts.parameters) {
        const auto equals = text.find('=');
        if (equals == std::string::npos) throw WrongUsage("--set is '" + text + "'; write NAME=VALUE");
        if (!settings.parameters.emplace(text.substr(0, equals), text.substr(equals + 1)).second) {
            throw WrongUsage("--set names " + text.substr(0, equals) + " twice; keep one of them");
        }
    }
    try {
        check_settings(settings);
    } catch (const engine::InvalidSetting& error) {
        throw WrongUsage(error.what());
    }
    return settings;
}

std::int64_t read_lock_key(const std::string& option, const std::string& text) {
    std::int64_t key = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), key);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw WrongUsage(option + " is '" + text + "'; write a whole number of 64 bits, such as 4711");
    }
    return key;
}

std::vector<std::int64_t> read_also_hold(const SessionTexts& texts) {
    std::vector<std::int64_t> keys;
    keys.reserve(texts.also_hold.size());
    for (const auto& text : texts.also_hold) keys.push_back(read_lock_key("--also-hold", text));
    return keys;
}

TransactionScope read_transaction(const SessionTexts& texts) {
    return choose<TransactionScope>(
        "--transaction", texts.transaction,
        {{"script", TransactionScope::Script}, {"run", TransactionScope::Run}, {"none", TransactionScope::None}});
}

}  // namespace lockkeeper::app

#pragma once

#include "engine/session_settings.hpp"
#include "migration/plan.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace lockkeeper::app {

/// The text of the options that say how scripts are run: their session, their transactions, and the locks around them.
struct SessionTexts {
    std::string lock_key;
    std::vector<std::string> also_hold;
    std::string lock_timeout = "5s";
    std::string statement_timeout = "0";
    std::string role;
    std::vector<std::string> search_path;
    std::vector<std::string> parameters;  ///< `NAME=VALUE`
    std::string transaction = "script";
};

void describe_session(CLI::App& command, SessionTexts& texts);

/// All of these throw WrongUsage.
engine::SessionSettings read_session(const SessionTexts& texts);
std::int64_t read_lock_key(const std::string& option, const std::string& text);
std::vector<std::int64_t> read_also_hold(const SessionTexts& texts);
migration::TransactionScope read_transaction(const SessionTexts& texts);
std::chrono::milliseconds read_duration(const std::string& option, const std::string& text);

}  // namespace lockkeeper::app

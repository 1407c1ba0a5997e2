#include "engine/session_settings.hpp"

#include "migration/checksum.hpp"
#include "postgres/identifier.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

namespace lockkeeper::engine {
namespace {

/// What must not be chosen as a parameter, and what to write instead.
std::string why_not(const std::string& name) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> own_options{{
        {"lock_timeout", "write it as lockTimeout (--lock-timeout)"},
        {"statement_timeout", "write it as statementTimeout (--statement-timeout)"},
        {"search_path", "write it as searchPath (--search-path)"},
        {"role", "write it as role (--role)"},
        {"session_authorization", "write a role (--role) instead"},
    }};
    // Parts of the guards against dead clients and of how scripts are read, and what a transaction of ours counts on.
    constexpr std::array<std::string_view, 7> engines{
        "application_name",           "client_encoding",  "client_connection_check_interval",
        "idle_session_timeout",       "tcp_user_timeout", "idle_in_transaction_session_timeout",
        "standard_conforming_strings"};
    constexpr std::array<std::string_view, 4> families{"tcp_keepalives_", "transaction_", "default_transaction_",
                                                       "lockkeeper."};
    for (const auto& [own, advice] : own_options) {
        if (name == own) return std::string(advice);
    }
    if (std::ranges::find(engines, name) != engines.end() ||
        std::ranges::any_of(families, [&](auto family) { return name.starts_with(family); })) {
        return "Lockkeeper sets it for itself; a script that needs another value can SET it";
    }
    return "";
}

bool is_parameter_name(std::string_view name) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    bool begins = true;
    for (const char c : name) {
        if (c == '.' ? begins : !is_letter(c) && (begins || !is_digit(c))) return false;
        begins = c == '.';
    }
    return !begins && name.size() <= 127;
}

void check_identifier(const std::string& what, const std::string& name) {
    if (name.empty() || name.size() > 63 || name.find('\0') != std::string::npos) {
        throw InvalidSetting("the " + what + " '" + name + "' is not a name of 1 to 63 bytes");
    }
}

/// `work_mem`, or `"app"."tenant"`: each part quoted where there are several.
std::string quote_parts(const std::string& name) {
    std::string quoted;
    for (std::size_t begin = 0; begin <= name.size();) {
        const auto end = std::min(name.find('.', begin), name.size());
        quoted += (begin == 0 ? "" : ".") + postgres::quote_identifier(name.substr(begin, end - begin));
        begin = end + 1;
    }
    return quoted;
}

std::vector<std::string> guard_statements(const postgres::Connection& connection) {
    const auto server_version = connection.server_version();
    std::vector<std::string> statements;
    if (connection.is_renamed()) statements.push_back(renaming(connection.application_name()));
    // Measured: the lock of a killed runner inside a 12 s statement stays 11.6 s without this, and 0.6 s with it.
    if (server_version >= 140'000) {
        statements.emplace_back("SET client_connection_check_interval=1000");
        statements.emplace_back("SET idle_session_timeout=3000");
    }
    if (server_version >= 170'000) statements.emplace_back("SET transaction_timeout=0");
    for (const auto* statement :
         {"SET tcp_keepalives_idle=10", "SET tcp_keepalives_interval=5", "SET tcp_keepalives_count=3",
          "SET tcp_user_timeout=15000", "SET idle_in_transaction_session_timeout=3000", "SET lock_timeout=0",
          "SET statement_timeout=0", "SET default_transaction_isolation='read committed'",
          "SET standard_conforming_strings=on"}) {
        statements.emplace_back(statement);
    }
    return statements;
}

}  // namespace

void check_settings(const SessionSettings& settings) {
    if (settings.role) {
        check_identifier("role", *settings.role);
        // SET ROLE NONE is the role that logged in, even quoted.
        if (*settings.role == "none") throw InvalidSetting("the role 'none' is no role; leave it out");
    }
    for (const auto& schema : settings.search_path) check_identifier("schema of the search path", schema);
    for (const auto& [name, value] : settings.parameters) {
        if (!is_parameter_name(name)) {
            throw InvalidSetting("'" + name + "' is no name of a parameter; write one as in SHOW ALL, or 'app.tenant'");
        }
        std::string folded = name;
        std::ranges::transform(folded, folded.begin(), [](unsigned char c) { return std::tolower(c); });
        if (const auto advice = why_not(folded); !advice.empty()) {
            throw InvalidSetting("the parameter '" + name + "' cannot be chosen: " + advice);
        }
        if (value.find('\0') != std::string::npos) throw InvalidSetting("the value of '" + name + "' holds a NUL");
    }
}

std::string renaming(const std::string& name) {
    return "SET application_name=" + postgres::quote_literal(name);
}

std::string session_guards(const postgres::Connection& connection) {
    return joined(guard_statements(connection));
}

std::string unhurried_session(const postgres::Connection& connection) {
    return std::string(connection.server_version() >= 140'000 ? "SET idle_session_timeout='1h';" : "") +
           "SET idle_in_transaction_session_timeout='1h'";
}

std::string reset_session(const postgres::Connection& connection) {
    return joined(reset_statements(connection));
}

std::vector<std::string> reset_statements(const postgres::Connection& connection) {
    // RESET ROLE: before its fix for CVE-2024-10978 a server takes the default of SESSION AUTHORIZATION for one of the
    // role too, and forgets what ALTER ROLE … SET role has said.
    std::vector<std::string> statements{"CLOSE ALL",        "SET SESSION AUTHORIZATION DEFAULT",
                                        "RESET ROLE",       "RESET ALL",
                                        "UNLISTEN *",       "DEALLOCATE ALL",
                                        "DISCARD PLANS",    "DISCARD TEMP",
                                        "DISCARD SEQUENCES"};
    const auto guards = guard_statements(connection);
    statements.insert(statements.end(), guards.begin(), guards.end());
    return statements;
}

std::vector<std::string> setting_statements(const SessionSettings& settings, SettingScope scope) {
    const std::string set = scope == SettingScope::Transaction ? "SET LOCAL " : "SET ";
    std::vector<std::string> statements;
    const auto add = [&](const std::string& assignment) { statements.push_back(set + assignment); };
    // The guards have set both to 0.
    if (settings.lock_timeout.count() != 0) add("lock_timeout=" + std::to_string(settings.lock_timeout.count()));
    if (settings.statement_timeout.count() != 0) {
        add("statement_timeout=" + std::to_string(settings.statement_timeout.count()));
    }
    for (const auto& [name, value] : settings.parameters) {
        add(quote_parts(name) + "=" + postgres::quote_literal(value));
    }
    if (!settings.search_path.empty()) {
        std::string schemas;
        for (const auto& schema : settings.search_path) {
            schemas += (schemas.empty() ? "" : ",") + postgres::quote_identifier(schema);
        }
        add("search_path=" + schemas);
    }
    // Last, for it may not set what the role that logged in may.
    if (settings.role) add("ROLE " + postgres::quote_identifier(*settings.role));
    return statements;
}

std::string joined(const std::vector<std::string>& statements) {
    std::string sql;
    for (const auto& statement : statements) sql += statement + ";";
    return sql;
}

void try_settings(postgres::Connection& connection, const SessionSettings& settings) {
    if (!settings.are_chosen()) return;
    try {
        connection.query("BEGIN;" + joined(setting_statements(settings, SettingScope::Transaction)) + "ROLLBACK");
    } catch (const postgres::CommandError& error) {
        connection.query("ROLLBACK");
        throw SettingRefused("the server refuses a setting of the session: " + error.fields().message,
                             error.sqlstate());
    }
}

std::string application_name(const std::string& subject) {
    constexpr std::size_t longest = 63;
    constexpr std::size_t hash_digits = 8;
    auto name = "lockkeeper:" + subject;
    if (name.size() <= longest) return name;
    const auto hash = migration::checksum_of(name);
    return name.substr(0, longest - hash_digits - 1) + "~" + hash.substr(hash.size() - hash_digits);
}

}  // namespace lockkeeper::engine

#include "engine/script_runner.hpp"

#include "engine/script_failure.hpp"

#include <algorithm>

namespace lockkeeper::engine {
namespace {

using migration::Segment;
using migration::Step;

std::size_t count_statements(std::string_view sql) {
    return static_cast<std::size_t>(std::ranges::count(sql, ';'));
}

/// The SQL of a segment as the server may see it: psql's commands as spaces, so that positions stay what they are.
std::string sql_of(const Step& step, const Segment& segment) {
    auto sql = step.script.text.substr(segment.sql_begin, segment.sql_end - segment.sql_begin);
    for (const auto& blank : step.text.blanked) {
        if (blank.begin < segment.sql_begin || blank.end > segment.sql_end) continue;
        std::fill(sql.begin() + static_cast<std::ptrdiff_t>(blank.begin - segment.sql_begin),
                  sql.begin() + static_cast<std::ptrdiff_t>(blank.end - segment.sql_begin), ' ');
    }
    return sql;
}

}  // namespace

std::string ScriptRunner::opening() const {
    // What the script before left behind in the session, temporary tables and settings included, ends here.
    return "BEGIN;" + (session_used_ ? reset_session(connection_.server_version()) : std::string()) +
           transaction_settings(context_.settings);
}

std::string ScriptRunner::closing(const Step& step) const {
    const auto row = step.direction == migration::Direction::Up
                         ? context_.history.record_sql(step, context_.source_digest, context_.key)
                         : context_.history.erase_sql(step, context_.key);
    // The line break ends a trailing -- comment, which would swallow the COMMIT and nobody would notice. Deferred
    // constraints and triggers run while the script's own role and search path still hold.
    // (The order is counted on by locate_failure.)
    return "\n;SET CONSTRAINTS ALL IMMEDIATE;RESET SESSION AUTHORIZATION;RESET ROLE;SET LOCAL search_path=pg_catalog;" +
           row + ";COMMIT";
}

void ScriptRunner::run(const Step& step) {
    auto message = opening();
    MessageLayout layout{message.size(), count_statements(message), 0};
    std::string last_tag;
    try {
        for (const auto& segment : step.text.segments) {
            message += sql_of(step, segment);
            if (!segment.has_copy_data) break;  // the last one; what follows goes with it
            const auto rows = std::string_view(step.script.text);
            connection_.copy_in(message, rows.substr(segment.data_begin, segment.data_end - segment.data_begin));
            message.clear();
            layout = {0, 0, layout.segment + 1};
        }
        message += closing(step);
        connection_.query_each(message, [&](const postgres::Result& result) { last_tag = result.command_tag(); });
    } catch (const postgres::CommandError& error) {
        auto failure = locate_failure(step, layout, error);
        connection_.query("ROLLBACK");
        throw ScriptFailed(std::move(failure));
    }
    if (last_tag != "COMMIT") {
        connection_.query("ROLLBACK");
        migration::Failure failure;
        failure.message = "the script's transaction did not end in COMMIT but in '" + last_tag + "'";
        failure.version = step.version.text();
        failure.file = step.script.name;
        throw ScriptFailed(std::move(failure));
    }
    session_used_ = true;
}

}  // namespace lockkeeper::engine

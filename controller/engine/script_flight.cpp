#include "engine/script_flight.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace lockkeeper::engine {
namespace {

using migration::Step;

constexpr std::chrono::milliseconds long_link{1};
constexpr std::size_t most_in_flight = 64;
constexpr std::size_t small_script_bytes = std::size_t{8} << 10U;
constexpr std::size_t flight_bytes = std::size_t{64} << 10U;

/// COPY turns the protocol round. By the others a script changes how the server reads its next message: in one message
/// they do not touch the rest of the script. Where one of them is meant otherwise, only a round trip is lost.
constexpr std::array<std::string_view, 6> grounding{"copy",  "encoding",        "conforming_strings",
                                                    "names", "backslash_quote", "set_config"};

bool contains(std::string_view text, std::string_view word) {
    return !std::ranges::search(text, word, {}, [](unsigned char c) { return std::tolower(c); }).empty();
}

std::size_t bytes_of(const Step& step) {
    return step.script.text.size() + (step.down_script ? step.down_script->size() : 0);
}

bool may_fly(const Step& step) {
    return step.transactional && bytes_of(step) <= small_script_bytes &&
           std::ranges::none_of(grounding, [&](auto word) { return contains(step.script.text, word); });
}

}  // namespace

std::size_t flight_limit(std::chrono::steady_clock::duration shortest_exchange) {
    return shortest_exchange >= long_link ? most_in_flight : 1;
}

std::size_t flight_size(std::span<const Step> steps, std::size_t limit) {
    if (limit <= 1) return 1;
    std::size_t size = 0;
    std::size_t bytes = 0;
    while (size < std::min(limit, steps.size()) && may_fly(steps[size])) {
        bytes += bytes_of(steps[size]);
        if (bytes > flight_bytes) break;
        ++size;
    }
    return std::max<std::size_t>(size, 1);
}

std::vector<std::string> statements_of(const Step& step) {
    std::vector<std::string> statements;
    statements.reserve(step.text.statements.size());
    for (const auto& statement : step.text.statements) {
        // The line break and the semicolon stand behind it as they would in one message.
        statements.push_back(migration::sql_between(step.script.text, step.text, statement.begin, statement.end) +
                             "\n;");
    }
    return statements;
}

MessageLayout layout_of(const Step& step, std::size_t opening_statements) {
    MessageLayout layout{0, opening_statements, 0, step.script.text.size()};
    if (!step.text.segments.empty()) {
        layout.script_begin = step.text.segments.front().sql_begin;
        layout.script_end = step.text.segments.front().sql_end;
    }
    return layout;
}

postgres::CommandError as_of_one_message(const Step& step, std::size_t opening_statements,
                                         const postgres::CommandError& error) {
    auto fields = error.fields();
    const auto& statements = step.text.statements;
    const bool is_scripts =
        fields.completed >= opening_statements && fields.completed - opening_statements < statements.size();
    if (fields.position && is_scripts) {
        const auto begin = layout_of(step, opening_statements).script_begin;
        const auto before = std::string_view(step.script.text)
                                .substr(begin, statements[fields.completed - opening_statements].begin - begin);
        *fields.position += migration::count_characters(before);
    } else {
        fields.position.reset();
    }
    return postgres::CommandError(std::move(fields));
}

bool may_differ_alone(const postgres::CommandError& error) {
    constexpr std::array<std::string_view, 4> sqlstates{
        "42601",  // syntax_error
        "42P02",  // undefined_parameter
        "42P18",  // indeterminate_datatype, of a parameter
        "08P01",  // protocol_violation: no value for a parameter
    };
    return std::ranges::find(sqlstates, error.sqlstate()) != sqlstates.end();
}

}  // namespace lockkeeper::engine

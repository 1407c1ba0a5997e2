#include "engine/script_journal.hpp"

#include <utility>

namespace lockkeeper::engine {
namespace {

using migration::Direction;
using postgres::quote_literal;

std::string number(std::size_t value) {
    return std::to_string(value);
}

}  // namespace

ScriptJournal::ScriptJournal(const HistoryTable& history, LockKey key, const migration::Step& step,
                             std::string source_digest)
    : history_(history),
      key_(std::move(key)),
      step_(step),
      source_digest_(std::move(source_digest)),
      prefix_(migration::checksum_of_first(step.script.text, step.text, 0)) {}

const migration::Checksum& ScriptJournal::prefix(std::size_t statements) {
    if (statements < prefix_statements_) {
        prefix_ = checksum_of_first(step_.script.text, step_.text, statements);
        prefix_statements_ = statements;
    }
    while (prefix_statements_ < statements)
        prefix_ = checksum_of_next(prefix_, step_.script.text, step_.text, ++prefix_statements_);
    return prefix_;
}

std::string ScriptJournal::update(const std::string& assignments) const {
    return HistoryTable::guarded_sql("UPDATE " + history_.name().quoted() + " SET " + assignments +
                                         " WHERE version = " + quote_literal(step_.version.text()),
                                     key_);
}

std::string ScriptJournal::open_sql() {
    const auto statements = "statements = " + number(step_.text.statements.size());
    if (step_.journal) return update(statements + ", applied_at = pg_catalog.clock_timestamp()");
    if (step_.direction == Direction::Down) {
        return update(statements + ", direction = 'down', statements_done = 0, statement_begun = 0, prefix = " +
                      quote_literal(prefix(0)));
    }
    return history_.record_sql(step_, source_digest_, key_) + ";" +
           update("transactional = false, statements_done = 0, prefix = " + quote_literal(prefix(0)));
}

std::string ScriptJournal::begin_sql(std::size_t statement) {
    return update("statement_begun = " + number(statement) + ", prefix = " + quote_literal(prefix(statement)));
}

std::string ScriptJournal::done_sql(std::size_t statement) {
    return update("statements_done = " + number(statement) +
                  ", statement_begun = 0, prefix = " + quote_literal(prefix(statement)));
}

std::string ScriptJournal::undone_sql(std::size_t statement) {
    return update("statement_begun = 0, prefix = " + quote_literal(prefix(statement - 1)));
}

std::string ScriptJournal::close_sql() const {
    if (step_.direction == Direction::Down) return history_.erase_sql(step_, key_);
    return update("checksum = " + quote_literal(step_.checksum) +
                  ", statement_begun = 0, prefix = NULL, duration = pg_catalog.clock_timestamp() - applied_at, "
                  "applied_at = pg_catalog.clock_timestamp()");
}

}  // namespace lockkeeper::engine

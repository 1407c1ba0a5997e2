#pragma once

#include "engine/migrator.hpp"
#include "migration/run_report.hpp"

#include <iosfwd>

namespace lockkeeper::app {

/// A failure as a compiler would print it: file, line and column, the message, and the offending line with a caret.
void print_failure(std::ostream& stream, const migration::Failure& failure);

/// Every version that source or database know, a line each: applied, pending or missing from the source.
void print_status_table(std::ostream& stream, const engine::Migrator::Inspection& inspection);

/// Every step that a run would make, a line each, and before them what it would record without running it.
void print_plan_table(std::ostream& stream, const migration::Plan& plan);

/// One line on what was done and where the database is now.
void print_summary(std::ostream& stream, const migration::RunReport& report);

}  // namespace lockkeeper::app

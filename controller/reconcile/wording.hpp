#pragma once

#include "migration/failure.hpp"
#include "migration/run_report.hpp"
#include "reconcile/next_status.hpp"

#include <string>

namespace lockkeeper::reconcile {

/// What conditions say, in one line for a person: no connection string, no password, no literal of a row.

/// `0003_orders.up.sql:12:5: relation "order" does not exist (SQLSTATE 42P01; hint: …)`
std::string describe_failure(const migration::Failure& failure);

std::string describe_missing_secret(const SecretNotFound& missing);

/// Of a run that reached its goal: how much is applied, and what is applied but has left the source.
std::string describe_success(const migration::RunReport& report);

}  // namespace lockkeeper::reconcile

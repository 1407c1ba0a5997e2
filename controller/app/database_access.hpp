#pragma once

#include "api/migration_spec.hpp"
#include "kube/api_client.hpp"
#include "postgres/connection_url.hpp"
#include "reconcile/next_status.hpp"

#include <stop_token>
#include <string>
#include <variant>

namespace lockkeeper::app {

/// How to reach a Migration's database, by the Secrets of its namespace that it names, or the one that is missing. Each
/// is asked for by name, and nothing of them is kept. Throws what ApiClient throws, and postgres::InvalidConnectionUrl.
std::variant<postgres::ConnectionUrl, reconcile::SecretNotFound> read_database_access(kube::ApiClient& client,
                                                                                      const std::string& ns,
                                                                                      const api::MigrationSpec& spec,
                                                                                      const std::stop_token& stop);

}  // namespace lockkeeper::app

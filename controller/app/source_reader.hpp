#pragma once

#include "api/migration.hpp"
#include "kube/api_client.hpp"
#include "reconcile/observed_state.hpp"

#include <stop_token>

namespace lockkeeper::app {

/// Reads the scripts that a Migration names: from itself, or from ConfigMaps of its namespace, asked by name.
class SourceReader {
  public:
    explicit SourceReader(kube::ApiClient& client) : client_(client) {}

    /// Throws what ApiClient throws, but for ConfigMaps that are not there: those are an answer.
    reconcile::ObservedSource read(const api::Migration& migration, const std::stop_token& stop) const;

  private:
    kube::ApiClient& client_;
};

}  // namespace lockkeeper::app

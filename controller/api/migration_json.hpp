#pragma once

#include "api/migration.hpp"

#include <nlohmann/json_fwd.hpp>

namespace lockkeeper::api {

/// Reads a Migration as the API server sends it. Unknown fields are passed over, absent ones have their defaults.
///
/// Total for whatever stands in `spec` and `status`, so that one bad resource does not stop a watch: a spec that cannot
/// be read becomes `invalid_spec`, and what cannot be read of a status counts as not there. Throws
/// std::invalid_argument only where `metadata` has no name or namespace, which no API server sends.
Migration migration_from_json(const nlohmann::json& object);

/// The body of a server-side apply of `status` to `/status`: the complete set of fields that the controller owns, so
/// that what is left out is taken away. It has no resourceVersion, hence no conflict with an edit of the spec. It has
/// no uid either, because the API server does not look at it there (tried on 1.34): whoever has to tell a resource from
/// one that was deleted and made anew compares the uid of the answer.
nlohmann::json status_apply_body(const Metadata& metadata, const MigrationStatus& status);

}  // namespace lockkeeper::api

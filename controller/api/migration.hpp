#pragma once

#include "api/migration_spec.hpp"
#include "api/migration_status.hpp"
#include "api/timestamps.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockkeeper::api {

constexpr std::string_view api_group = "lockkeeper.dev";
constexpr std::string_view api_version = "lockkeeper.dev/v1alpha1";
constexpr std::string_view migration_kind = "Migration";
constexpr std::string_view migration_plural = "migrations";

struct Metadata {
    std::string ns;  ///< namespace
    std::string name;
    std::string uid;
    std::string resource_version;  ///< opaque
    std::int64_t generation = 0;   ///< moves with the spec alone
    std::optional<Timestamp> deletion_timestamp;
    /// The annotation `lockkeeper.dev/requestedAt`, as one line of at most longest_request bytes; empty: there is none.
    std::string requested_at;
};

/// The annotation whose every new value asks for a look at the database, or for another try of what has failed for
/// good.
constexpr std::string_view requested_at_annotation = "lockkeeper.dev/requestedAt";
constexpr std::size_t longest_request = 256;

/// A spec that cannot be read, although the API server stored it: written before a rule of the CRD was there, or past
/// it. The message names the field and says what to write instead.
struct InvalidSpec {
    std::string message;
};

/// The Migration kind, `lockkeeper.dev/v1alpha1`.
struct Migration {
    Metadata metadata;
    MigrationSpec spec;
    /// Set: `spec` is incomplete and must not be acted on; what is wrong goes into the status.
    std::optional<InvalidSpec> invalid_spec;
    MigrationStatus status;
};

}  // namespace lockkeeper::api

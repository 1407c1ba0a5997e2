#include "api/migration_json.hpp"

#include "api/json_fields.hpp"
#include "api/one_line.hpp"
#include "api/spec_json.hpp"
#include "api/status_from_json.hpp"
#include "api/status_to_json.hpp"

#include <stdexcept>

namespace lockkeeper::api {
namespace {

using nlohmann::json;

Metadata metadata_from_json(const Field& field) {
    Metadata metadata;
    metadata.ns = field["namespace"].text();
    metadata.name = field["name"].text();
    if (field["uid"].is_there()) metadata.uid = field["uid"].text();
    if (field["resourceVersion"].is_there()) metadata.resource_version = field["resourceVersion"].text();
    if (field["generation"].is_there()) metadata.generation = field["generation"].integer();
    if (field["deletionTimestamp"].is_there()) {
        // Whatever it says: that it is there means that the resource is going.
        metadata.deletion_timestamp = parse_timestamp(field["deletionTimestamp"].text()).value_or(Timestamp());
    }
    const auto request = field["annotations"][requested_at_annotation.data()];
    if (request.is_there()) metadata.requested_at = one_line(request.text(), longest_request);
    return metadata;
}

}  // namespace

Migration migration_from_json(const json& object) {
    const Field root(&object, "");
    Migration migration;
    try {
        migration.metadata = metadata_from_json(root["metadata"]);
    } catch (const InvalidField& error) {
        throw std::invalid_argument(std::string("not a resource: ") + error.what());
    }
    try {
        migration.spec = spec_from_json(root["spec"]);
    } catch (const InvalidField& error) {
        migration.invalid_spec = InvalidSpec{error.what()};
    }
    migration.status = status_from_json(root["status"]);
    return migration;
}

json status_apply_body(const Metadata& metadata, const MigrationStatus& status) {
    return {{"apiVersion", api_version},
            {"kind", migration_kind},
            {"metadata", {{"name", metadata.name}, {"namespace", metadata.ns}}},
            {"status", status_to_json(status)}};
}

}  // namespace lockkeeper::api

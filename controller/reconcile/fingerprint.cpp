#include "reconcile/fingerprint.hpp"

#include "api/run_spec_json.hpp"
#include "migration/checksum.hpp"
#include "reconcile/job_database.hpp"

#include <nlohmann/json.hpp>

namespace lockkeeper::reconcile {

std::string inputs_fingerprint(const ObservedState& observed) {
    const auto& spec = observed.migration.spec;
    nlohmann::json inputs{{"run", api::run_spec_to_json(spec)}, {"database", database_inputs(spec)}};
    if (const auto* found = std::get_if<SourceFound>(&observed.source)) inputs["source"] = found->scripts.digest();
    if (const auto* image = std::get_if<api::ImageSource>(&spec.source.from)) {
        inputs["image"] = {{"reference", image->reference}, {"path", image->path}};
        if (spec.source.expected_digest) inputs["expectedDigest"] = *spec.source.expected_digest;
    }
    return migration::checksum_of(inputs.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace lockkeeper::reconcile

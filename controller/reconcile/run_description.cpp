#include "reconcile/run_description.hpp"

#include "api/run_spec_json.hpp"
#include "api/spec_json.hpp"

namespace lockkeeper::reconcile {
namespace {

using api::Field;
using nlohmann::json;

/// Moves only where a runner of another version would do something wrong with what it reads.
constexpr std::int64_t format = 1;

}  // namespace

std::string to_text(const RunDescription& description) {
    json object{{"format", format},
                {"migration", description.subject},
                {"run", description.run},
                {"spec", run_spec_to_json(description.spec)}};
    if (description.known_history_table) object["knownHistoryTable"] = *description.known_history_table;
    if (description.source_digest) object["sourceDigest"] = *description.source_digest;
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

RunDescription parse_run_description(std::string_view text) {
    const auto object = json::parse(text, nullptr, false);
    if (!object.is_object()) throw InvalidRunDescription("the run description is no JSON object");
    const Field root(&object, "");
    try {
        if (const auto given = root["format"].integer(); given != format) {
            throw InvalidRunDescription("the run description has format " + std::to_string(given) +
                                        " and this runner reads format " + std::to_string(format) +
                                        "; give the controller the --runner-image of its own version");
        }
        RunDescription description;
        description.subject = root["migration"].text();
        description.run = root["run"].integer();
        if (const auto table = root["knownHistoryTable"]; table.is_there()) {
            description.known_history_table = table.text();
        }
        if (const auto digest = root["sourceDigest"]; digest.is_there()) description.source_digest = digest.text();
        description.spec = api::run_spec_from_json(root["spec"]);
        return description;
    } catch (const api::InvalidField& error) {
        throw InvalidRunDescription(std::string("the run description cannot be read: ") + error.what());
    }
}

}  // namespace lockkeeper::reconcile

#include "app/migration_events.hpp"

#include <unistd.h>

#include <array>

namespace lockkeeper::app {
namespace {

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') return "lockkeeper";
    return name.data();
}

}  // namespace

kube::EventRecorder::Options event_options() {
    return {.reporter = {"lockkeeper.dev/controller", host_name()}, .field_manager = "lockkeeper"};
}

StatusWriter::OnStateChange recorded_as_events(kube::EventRecorder& recorder) {
    return [&recorder](const api::Metadata& metadata, const reconcile::StateChange& change) {
        const bool is_normal = change.weight == reconcile::StateChange::Weight::Normal;
        recorder.record({.regarding = {std::string(api::api_version),
                                       std::string(api::migration_kind),
                                       {metadata.ns, metadata.name},
                                       metadata.uid},
                         .type = is_normal ? kube::EventType::Normal : kube::EventType::Warning,
                         .reason = change.reason,
                         .action = "Migrate",
                         .note = change.message});
    };
}

}  // namespace lockkeeper::app

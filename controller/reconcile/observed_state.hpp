#pragma once

#include "api/migration.hpp"
#include "migration/script_set.hpp"
#include "reconcile/dependencies.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace lockkeeper::reconcile {

/// All of the source is there, and its scripts can be told apart. It may hold no script at all.
struct SourceFound {
    migration::ScriptSet scripts;
    /// The files that they were read from, for a run that is to be given them.
    std::vector<migration::SourceFile> files{};
};

/// ConfigMaps that the spec names and the namespace does not have.
struct SourceNotFound {
    std::vector<std::string> config_maps;
};

/// The source is there and no script set: migration::InvalidSource, as a value.
struct SourceInvalid {
    std::string message;
    std::string file;
    std::size_t line = 0;    ///< 1-based, 0 where the file as a whole is meant
    std::size_t column = 0;  ///< 1-based, in characters
};

/// In an image: what there is, only a Job's pod will see.
struct SourceInImage {};

using ObservedSource = std::variant<SourceNotFound, SourceFound, SourceInvalid, SourceInImage>;

/// All that decide may look at. It is what is known without asking the database or reading a Secret: both are asked
/// only by a run, so that no secret is fetched for an event that leads to nothing.
struct ObservedState {
    /// As the API server has it: its status is the controller's whole memory, and so a restarted one decides the same.
    api::Migration migration;
    /// Not looked at, and so left as it is, for a migration that is being deleted or whose spec cannot be read.
    ObservedSource source;
    std::chrono::system_clock::time_point now;
    ObservedDependencies dependencies{};
};

/// Is there a request of a person (the annotation `lockkeeper.dev/requestedAt`) that was not answered yet?
bool is_asked_for(const ObservedState& observed);

/// Is there another generation of the spec, digest of the source or request of a person than the status speaks of? That
/// is a reason to try again, whatever was decided before.
bool inputs_changed(const ObservedState& observed);

/// Is a run expected to find nothing to do? So it is where the Migration is Ready and no input has changed: after a
/// restart of the controller, for instance.
bool is_expected_up_to_date(const ObservedState& observed);

}  // namespace lockkeeper::reconcile

#pragma once

#include "app/status_writer.hpp"
#include "kube/event_recorder.hpp"

namespace lockkeeper::app {

/// Who records Events: this process, by the name of its host, which is its pod's.
kube::EventRecorder::Options event_options();

/// Records each change of state as an Event of its Migration. The recorder must outlive what is returned.
StatusWriter::OnStateChange recorded_as_events(kube::EventRecorder& recorder);

}  // namespace lockkeeper::app

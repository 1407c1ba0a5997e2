#include "kube/lease_watch.hpp"

#include "kube/lease_lock.hpp"

#include <utility>

namespace lockkeeper::kube {

LeaseWatch::LeaseWatch(ApiClient& client, const NamespacedName& key, OnChange on_change, Clock& clock, LogSink log)
    : on_change_(std::move(on_change)),
      reflector_(client,
                 {.selection = {.collection = {ApiLeaseLock::resource(), key.space},
                                .representation = Representation::Metadata,
                                .field_selector = "metadata.name=" + key.name}},
                 *this, clock, std::move(log)) {}

}  // namespace lockkeeper::kube

#include "app/active_runs.hpp"

#include <utility>

namespace lockkeeper::app {

ActiveRuns::Run::Run(ActiveRuns& runs, kube::NamespacedName key, const std::stop_token& stop)
    : runs_(runs), key_(std::move(key)), also_(stop, [this] { source_.request_stop(); }) {
    const std::lock_guard lock(runs_.mutex_);
    runs_.runs_.insert_or_assign(key_, this);
}

ActiveRuns::Run::~Run() {
    const std::lock_guard lock(runs_.mutex_);
    runs_.runs_.erase(key_);
}

void ActiveRuns::Run::cancel() {
    is_cancelled_.request_stop();
    source_.request_stop();
}

void ActiveRuns::cancel(const kube::NamespacedName& key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = runs_.find(key); found != runs_.end()) found->second->cancel();
}

}  // namespace lockkeeper::app

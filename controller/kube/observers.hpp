#pragma once

#include "kube/namespaced_name.hpp"

#include <chrono>
#include <string>

namespace lockkeeper::kube {

/// Is told what a work queue holds. Called under the queue's lock and in order, so it must be quick and must not call
/// the queue.
class QueueObserver {
  public:
    virtual ~QueueObserver() = default;
    /// The key is dirty from now on: it was added, or its delay is over.
    virtual void added(const NamespacedName& key) = 0;
    virtual void taken(const NamespacedName& key) = 0;
    virtual void done(const NamespacedName& key) = 0;
    /// All that waits is forgotten.
    virtual void cleared() = 0;
};

/// How a reconcile ended.
enum class ReconcileEnd {
    Success,
    RequeueAfter,
    Error,  ///< it failed, or threw
    Panic,  ///< it threw what is no std::exception
};

/// Is told what the workers of a pool do. Called from any of them.
class WorkerObserver {
  public:
    virtual ~WorkerObserver() = default;
    virtual void began() = 0;
    virtual void ended(ReconcileEnd end, std::chrono::steady_clock::duration duration) = 0;
};

/// Is told of every request to the API server, the ones that are repeated too. Called from any thread.
class RequestObserver {
  public:
    virtual ~RequestObserver() = default;
    /// Until the head of the answer. `code` is its status, or `<error>` where there was none.
    virtual void answered(const std::string& method, const std::string& code,
                          std::chrono::steady_clock::duration duration) = 0;
};

}  // namespace lockkeeper::kube

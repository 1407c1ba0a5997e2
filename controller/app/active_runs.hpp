#pragma once

#include "kube/namespaced_name.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <stop_token>

namespace lockkeeper::app {

/// Which Migrations are being worked on, so that the deletion of one ends its run. Safe from any thread.
class ActiveRuns {
  public:
    /// One Migration that is being worked on, as long as it lives.
    class Run {
      public:
        Run(ActiveRuns& runs, kube::NamespacedName key, const std::stop_token& stop);
        ~Run();
        Run(const Run&) = delete;
        Run& operator=(const Run&) = delete;

        /// Requested by the deletion, or with the `stop` that was given.
        std::stop_token stop() const { return source_.get_token(); }
        bool is_cancelled() const { return is_cancelled_.get_token().stop_requested(); }

      private:
        friend class ActiveRuns;

        void cancel();

        ActiveRuns& runs_;
        const kube::NamespacedName key_;
        std::stop_source source_;
        std::stop_source is_cancelled_;
        std::stop_callback<std::function<void()>> also_;
    };

    /// The Migration of this name is gone, or going. Nothing where it is not worked on.
    void cancel(const kube::NamespacedName& key);

  private:
    std::mutex mutex_;
    std::map<kube::NamespacedName, Run*> runs_;
};

}  // namespace lockkeeper::app

#pragma once

#include "kube/namespaced_name.hpp"

#include <map>
#include <mutex>
#include <set>
#include <vector>

namespace lockkeeper::app {

/// Which Migrations name a ConfigMap, or another Migration, so that its change wakes them. Safe from any
/// thread.
class ReferenceIndex {
  public:
    /// What a Migration names from now on; nothing takes it out.
    void set(const kube::NamespacedName& user, const std::vector<kube::NamespacedName>& referred);

    std::vector<kube::NamespacedName> users_of(const kube::NamespacedName& referred) const;
    bool is_referred(const kube::NamespacedName& key) const;

  private:
    mutable std::mutex mutex_;
    std::map<kube::NamespacedName, std::vector<kube::NamespacedName>> referred_by_user_;
    std::map<kube::NamespacedName, std::set<kube::NamespacedName>> users_by_referred_;
};

}  // namespace lockkeeper::app

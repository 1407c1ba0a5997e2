#include "app/reference_index.hpp"

namespace lockkeeper::app {

void ReferenceIndex::set(const kube::NamespacedName& user, const std::vector<kube::NamespacedName>& referred) {
    const std::scoped_lock lock(mutex_);
    for (const auto& old : referred_by_user_[user]) {
        auto& users = users_by_referred_[old];
        users.erase(user);
        if (users.empty()) users_by_referred_.erase(old);
    }
    for (const auto& key : referred) users_by_referred_[key].insert(user);
    if (referred.empty()) {
        referred_by_user_.erase(user);
    } else {
        referred_by_user_[user] = referred;
    }
}

std::vector<kube::NamespacedName> ReferenceIndex::users_of(const kube::NamespacedName& referred) const {
    const std::scoped_lock lock(mutex_);
    const auto users = users_by_referred_.find(referred);
    if (users == users_by_referred_.end()) return {};
    return {users->second.begin(), users->second.end()};
}

bool ReferenceIndex::is_referred(const kube::NamespacedName& key) const {
    const std::scoped_lock lock(mutex_);
    return users_by_referred_.contains(key);
}

}  // namespace lockkeeper::app

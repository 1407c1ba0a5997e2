#pragma once

#include "kube/log_sink.hpp"
#include "kube/object_meta.hpp"
#include "kube/object_sink.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace lockkeeper::kube {

/// The objects of a selection as the reflector last saw them: typed values, not JSON. Reading is safe from any thread,
/// and what was read stays as it is.
///
/// An object that `decode` refuses is logged and the cache keeps what it had, since one odd object must not stop all
/// others.
template <typename T>
class ObjectCache : public ObjectSink {
  public:
    using Object = std::shared_ptr<const T>;
    /// Makes a T of an object, and may throw. It should keep no more than is needed: T stays in memory.
    using Decode = std::function<T(const nlohmann::json&)>;
    /// One of both is null where the object is new or gone. A list that repeats what is known is no change, and of a
    /// deletion that was missed the last known state is `before`. Called on the reflector's thread, in order, after the
    /// cache shows it.
    using OnChange = std::function<void(const NamespacedName&, const Object& before, const Object& after)>;

    ObjectCache(Decode decode, OnChange on_change, LogSink log)
        : decode_(std::move(decode)), on_change_(std::move(on_change)), log_(std::move(log)) {}

    /// Null if there is none.
    Object find(const NamespacedName& key) const {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(key);
        return found == entries_.end() ? nullptr : found->second.object;
    }

    std::vector<std::pair<NamespacedName, Object>> all() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::pair<NamespacedName, Object>> objects;
        objects.reserve(entries_.size());
        for (const auto& [key, entry] : entries_) objects.emplace_back(key, entry.object);
        return objects;
    }

    /// Calls it with every key and object, under the cache's lock: it must be quick and must not call the cache.
    template <typename Visit>
    void visit(Visit visit_one) const {
        const std::lock_guard lock(mutex_);
        for (const auto& [key, entry] : entries_) visit_one(key, *entry.object);
    }

    std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return entries_.size();
    }

    /// Has a first list been taken in as a whole, and on_change been called for all of it? Workers must not start
    /// before all caches have synced: half a list looks like deletions.
    bool has_synced() const {
        const std::lock_guard lock(mutex_);
        return synced_;
    }

    /// False if it has not synced by then, or a stop was requested.
    bool wait_for_sync(std::chrono::milliseconds patience, const std::stop_token& stop) const {
        std::unique_lock lock(mutex_);
        return synced_changed_.wait_for(lock, stop, patience, [this] { return synced_; });
    }

    void list_begins() override { listed_.clear(); }

    void listed(const nlohmann::json& object) override {
        const auto meta = ObjectMeta::of(object);
        const auto known = entry_of(meta.key);
        // A relist after a long pause is mostly of objects that have not changed.
        const bool is_same = known.object && known.resource_version == meta.resource_version;
        listed_.insert_or_assign(meta.key, is_same ? known : decoded(object, meta, known));
    }

    void list_ends() override {
        std::erase_if(listed_, [](const auto& entry) { return !entry.second.object; });
        std::map<NamespacedName, Entry> before;
        {
            const std::lock_guard lock(mutex_);
            before = std::exchange(entries_, listed_);
        }
        for (const auto& [key, entry] : before) {
            if (!listed_.contains(key)) on_change_(key, entry.object, nullptr);
        }
        for (const auto& [key, entry] : std::exchange(listed_, {})) {
            const auto known = before.find(key);
            const auto& old = known == before.end() ? nullptr : known->second.object;
            if (old != entry.object) on_change_(key, old, entry.object);
        }
        const std::lock_guard lock(mutex_);
        synced_ = true;
        synced_changed_.notify_all();
    }

    void changed(const nlohmann::json& object) override {
        const auto meta = ObjectMeta::of(object);
        const auto before = entry_of(meta.key);
        const auto after = decoded(object, meta, before);
        if (after.object == before.object) return;
        {
            const std::lock_guard lock(mutex_);
            entries_.insert_or_assign(meta.key, after);
        }
        on_change_(meta.key, before.object, after.object);
    }

    void deleted(const nlohmann::json& object) override {
        const auto meta = ObjectMeta::of(object);
        const auto before = entry_of(meta.key);
        if (!before.object) return;
        {
            const std::lock_guard lock(mutex_);
            entries_.erase(meta.key);
        }
        on_change_(meta.key, before.object, nullptr);
    }

  private:
    struct Entry {
        Object object;
        std::string resource_version;
    };

    Entry entry_of(const NamespacedName& key) const {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(key);
        return found == entries_.end() ? Entry{} : found->second;
    }

    Entry decoded(const nlohmann::json& object, const ObjectMeta& meta, const Entry& known) const {
        try {
            return {std::make_shared<const T>(decode_(object)), meta.resource_version};
        } catch (const std::exception& error) {
            log_(LogLevel::Error, "an object cannot be read, and is taken as it was before",
                 {{"object", meta.key.to_string()}, {"error", error.what()}});
            return known;
        }
    }

    const Decode decode_;
    const OnChange on_change_;
    const LogSink log_;
    std::map<NamespacedName, Entry> listed_;  ///< of a list that has not ended; the reflector's thread's alone

    mutable std::mutex mutex_;
    mutable std::condition_variable_any synced_changed_;
    std::map<NamespacedName, Entry> entries_;
    bool synced_ = false;
};

}  // namespace lockkeeper::kube

#pragma once

#include "kube/log_sink.hpp"
#include "kube/object_meta.hpp"
#include "kube/object_sink.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace lockkeeper::kube {

/// The objects of a selection as the reflector last saw them: typed values, not JSON. Reading is safe from any thread,
/// and what was read stays as it is.
///
/// An object that `decode` refuses is logged and the cache keeps what it had, since one odd object must not stop all
/// others. Changes of different namespaces may be told at once, each by its reflector's thread.
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

    /// For the objects of these namespaces, each listed and watched apart, or of all together.
    ObjectCache(Decode decode, OnChange on_change, LogSink log, const std::vector<std::string>& spaces = {})
        : decode_(std::move(decode)),
          on_change_(std::move(on_change)),
          log_(std::move(log)),
          parts_to_sync_(std::max<std::size_t>(spaces.size(), 1)) {
        for (const auto& space : spaces) parts_.emplace_back(*this, space);
        if (parts_.empty()) parts_.emplace_back(*this, "");
    }

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

    /// Has a first list of every part been taken in as a whole, and on_change been called for all of it? Workers must
    /// not start before all caches have synced: half a list looks like deletions.
    bool has_synced() const {
        const std::lock_guard lock(mutex_);
        return parts_to_sync_ == 0;
    }

    /// False if it has not synced by then, or a stop was requested.
    bool wait_for_sync(std::chrono::milliseconds patience, const std::stop_token& stop) const {
        std::unique_lock lock(mutex_);
        return synced_changed_.wait_for(lock, stop, patience, [this] { return parts_to_sync_ == 0; });
    }

    /// Where the reflector of one namespace, one of those given, puts what it sees. It leaves the others' objects
    /// alone.
    ObjectSink& part(const std::string& space) {
        for (auto& one : parts_) {
            if (one.space() == space) return one;
        }
        throw std::out_of_range("the cache has no part for the namespace '" + space + "'");
    }

    // As a sink it is its first part, which is the only one where no namespaces were given.
    void list_begins() override { parts_.front().list_begins(); }
    void listed(const nlohmann::json& object) override { parts_.front().listed(object); }
    void list_ends() override { parts_.front().list_ends(); }
    void changed(const nlohmann::json& object) override { parts_.front().changed(object); }
    void deleted(const nlohmann::json& object) override { parts_.front().deleted(object); }

  private:
    struct Entry {
        Object object;
        std::string resource_version;
    };
    using Entries = std::map<NamespacedName, Entry>;

    /// The objects that one reflector sees: all calls of a part come from the same thread, and no key is in two parts.
    class Part : public ObjectSink {
      public:
        Part(ObjectCache& cache, std::string space) : cache_(cache), space_(std::move(space)) {}

        const std::string& space() const { return space_; }

        void list_begins() override { listed_.clear(); }

        void listed(const nlohmann::json& object) override {
            const auto meta = ObjectMeta::of(object);
            const auto known = cache_.entry_of(meta.key);
            // A relist after a long pause is mostly of objects that have not changed.
            const bool is_same = known.object && known.resource_version == meta.resource_version;
            listed_.insert_or_assign(meta.key, is_same ? known : cache_.decoded(object, meta, known));
        }

        void list_ends() override {
            std::erase_if(listed_, [](const auto& entry) { return !entry.second.object; });
            const auto before = cache_.replace(space_, listed_);
            for (const auto& [key, entry] : before) {
                if (!listed_.contains(key)) cache_.on_change_(key, entry.object, nullptr);
            }
            for (const auto& [key, entry] : std::exchange(listed_, {})) {
                const auto known = before.find(key);
                const auto& old = known == before.end() ? nullptr : known->second.object;
                if (old != entry.object) cache_.on_change_(key, old, entry.object);
            }
            if (!std::exchange(synced_, true)) cache_.part_synced();
        }

        void changed(const nlohmann::json& object) override {
            const auto meta = ObjectMeta::of(object);
            const auto before = cache_.entry_of(meta.key);
            const auto after = cache_.decoded(object, meta, before);
            if (after.object == before.object) return;
            {
                const std::lock_guard lock(cache_.mutex_);
                cache_.entries_.insert_or_assign(meta.key, after);
            }
            cache_.on_change_(meta.key, before.object, after.object);
        }

        void deleted(const nlohmann::json& object) override {
            const auto meta = ObjectMeta::of(object);
            const auto before = cache_.entry_of(meta.key);
            if (!before.object) return;
            {
                const std::lock_guard lock(cache_.mutex_);
                cache_.entries_.erase(meta.key);
            }
            cache_.on_change_(meta.key, before.object, nullptr);
        }

      private:
        ObjectCache& cache_;
        const std::string space_;
        Entries listed_;  ///< of a list that has not ended
        bool synced_ = false;
    };

    /// Puts these in the place of all objects of the namespace, or of all there are where it is empty, and returns what
    /// was there.
    Entries replace(const std::string& space, const Entries& entries) {
        const std::lock_guard lock(mutex_);
        if (space.empty()) return std::exchange(entries_, entries);
        Entries before;
        for (auto at = entries_.lower_bound({space, ""}); at != entries_.end() && at->first.space == space;) {
            before.insert(before.end(), entries_.extract(at++));
        }
        entries_.insert(entries.begin(), entries.end());
        return before;
    }

    void part_synced() {
        const std::lock_guard lock(mutex_);
        --parts_to_sync_;
        synced_changed_.notify_all();
    }

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
    std::deque<Part> parts_;

    mutable std::mutex mutex_;
    mutable std::condition_variable_any synced_changed_;
    Entries entries_;
    std::size_t parts_to_sync_;
};

}  // namespace lockkeeper::kube

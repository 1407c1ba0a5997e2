#include "kube/object_cache.hpp"
#include "kube/reflector.hpp"
#include "support/requirements.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace lockkeeper;
using namespace lockkeeper::kube;
using namespace std::chrono_literals;
using nlohmann::json;
using std::chrono::steady_clock;

namespace {

const Resource namespaces{"", "v1", "namespaces"};
const Resource config_maps{"", "v1", "configmaps"};

/// A namespace of its own, followed by a reflector of metadata alone.
class Followed {
  public:
    Followed() {
        static int count = 0;
        space_ = "reflector-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
        client_.create({namespaces, ""}, {{"metadata", {{"name", space_}}}}, {});
    }
    ~Followed() {
        stop();
        try {
            client_.remove({namespaces, {"", space_}}, {});
        } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): a leftover does no harm
        }
    }
    Followed(const Followed&) = delete;
    Followed& operator=(const Followed&) = delete;

    void start() {
        reflector_.emplace(client_,
                           Reflector::Options{.selection = {.collection = {config_maps, space_},
                                                            .representation = Representation::Metadata},
                                              .page_size = 300},
                           cache_, clock_, no_log());
        thread_ = std::jthread([this](const std::stop_token& stop) { reflector_->run(stop); });
        REQUIRE(cache_.wait_for_sync(30s, {}));
    }

    std::chrono::milliseconds stop() {
        const auto began = steady_clock::now();
        if (thread_.joinable()) {
            thread_.request_stop();
            thread_.join();
        }
        return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - began);
    }

    /// With four threads, for some hundreds a second.
    void create(int count) {
        std::atomic<int> next{0};
        std::vector<std::jthread> creators;
        for (int thread = 0; thread < 4; ++thread) {
            creators.emplace_back([&] {
                for (int number = next++; number < count; number = next++) apply("m" + std::to_string(number), "first");
            });
        }
    }

    void apply(const std::string& name, const std::string& value) {
        client_.apply(
            {config_maps, {space_, name}},
            {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}}}, {"data", {{"key", value}}}},
            {.field_manager = "test"}, {});
    }
    void remove(const std::string& name) { client_.remove({config_maps, {space_, name}}, {}); }

    /// Waits until so many changes have been told.
    bool told(int count, std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return changes_ >= count; });
    }
    int changes() {
        const std::lock_guard lock(mutex_);
        return changes_;
    }
    int objects_with_data() const { return with_data_; }
    const ObjectCache<std::string>& cache() const { return cache_; }
    bool knows(const std::string& name) const { return cache_.find({space_, name}) != nullptr; }

  private:
    static ClientConfig config() {
        return load_client_config({.kubeconfig = tests::require_cluster(), .context = ""}, {});
    }

    std::string space_;
    SystemClock clock_;
    ApiClient client_{config(), {.user_agent = "lockkeeper-test"}, clock_, no_log()};
    std::mutex mutex_;
    std::condition_variable changed_;
    int changes_ = 0;
    std::atomic<int> with_data_{0};
    ObjectCache<std::string> cache_{[this](const json& object) {
                                        if (object.contains("data")) ++with_data_;
                                        return ObjectMeta::of(object).resource_version;
                                    },
                                    [this](const NamespacedName&, const auto&, const auto&) {
                                        const std::lock_guard lock(mutex_);
                                        ++changes_;
                                        changed_.notify_all();
                                    },
                                    no_log()};
    std::optional<Reflector> reflector_;
    std::jthread thread_;
};

}  // namespace

TEST_CASE("two thousand ConfigMaps are listed in pages without their data, and changes are seen at once") {
    Followed followed;
    followed.create(2'000);
    const auto began = steady_clock::now();
    followed.start();
    CHECK(steady_clock::now() - began < 10s);
    CHECK(followed.cache().size() == 2'000);
    CHECK(followed.changes() == 2'000);
    followed.apply("m7", "second");
    CHECK(followed.told(2'001, 1s));
    followed.remove("m8");
    CHECK(followed.told(2'002, 1s));
    CHECK_FALSE(followed.knows("m8"));
    followed.apply("new", "first");
    CHECK(followed.told(2'003, 1s));
    CHECK(followed.knows("new"));
    CHECK(followed.objects_with_data() == 0);
}

TEST_CASE("a stop inside a watch returns at once") {
    Followed followed;
    followed.start();
    CHECK(followed.stop() < 2s);
}

TEST_CASE("an API server that was killed is followed on within seconds of its return, and nothing is told twice") {
    tests::require_local_services();
    Followed followed;
    followed.create(20);
    followed.start();
    CHECK(followed.changes() == 20);
    for (int round = 1; round <= 2; ++round) {
        tests::control_service("kill", "apiserver");
        std::this_thread::sleep_for(3s);  // an outage
        tests::control_service("start", "apiserver");
        followed.apply("m1", "after restart " + std::to_string(round));
        CHECK(followed.told(20 + round, 5s));
    }
    CHECK(followed.changes() == 22);
}

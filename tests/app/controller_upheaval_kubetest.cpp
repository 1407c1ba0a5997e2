#include "kube/client_config.hpp"
#include "support/controller_process.hpp"
#include "support/disturbed_run.hpp"
#include "support/faulty_gateway.hpp"
#include "support/kubectl.hpp"
#include "support/paused_service.hpp"
#include "support/requirements.hpp"
#include "support/temporary_database.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

// What happens around the controller while it works: networks and API servers that fail in every way, and a control
// plane that is killed, stopped and compacted. In the end every Migration is Ready and no script has run twice.

using namespace lockkeeper;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// Many Migrations of one database, with a schema each, whose scripts leave a row each time they run.
class Crowd {
  public:
    explicit Crowd(std::size_t count) : count_(count) {
        std::string sql = "CREATE TABLE effects (migration int, script int);";
        for (std::size_t number = 0; number < count; ++number) sql += "CREATE SCHEMA s" + std::to_string(number) + ";";
        database_.run(sql);
        ns_.apply_secret("db", database_.url());
    }

    /// Whatever the API server says, until it has taken them all.
    void apply(std::size_t scripts) {
        scripts_ = scripts;
        json items = json::array();
        for (std::size_t number = 0; number < count_; ++number) items.push_back(one(number, scripts));
        const json list{{"apiVersion", "v1"}, {"kind", "List"}, {"items", items}};
        while (!ns_.refusal_of(list).empty()) std::this_thread::sleep_for(1s);
    }

    bool becomes_ready(std::chrono::seconds limit) const {
        std::string last;
        const bool came = eventually([&] { return not_ready(last) == 0; }, limit);
        if (!came) UNSCOPED_INFO(last);
        return came;
    }

    /// `rows in history tables/effects/different effects`
    std::string ran() const {
        return database_.ask(
                   "SELECT sum((xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM "
                   "%I.lockkeeper_history', nspname), false, true, '')))[1]::text::int) FROM pg_namespace WHERE "
                   "nspname ~ "
                   "'^s[0-9]+$'") +
               "/" + database_.ask("SELECT count(*) || '/' || count(DISTINCT (migration, script)) FROM effects");
    }
    std::string all_once() const {
        const auto all = std::to_string(count_ * scripts_);
        return all + "/" + all + "/" + all;
    }

  private:
    static json one(std::size_t number, std::size_t scripts) {
        const auto schema = "s" + std::to_string(number);
        json files;
        for (std::size_t script = 1; script <= scripts; ++script) {
            const auto text = std::to_string(script);
            files[text + "_x.up.sql"] = "CREATE TABLE " + schema + ".t" + text +
                                        " (a int); INSERT INTO effects VALUES (" + std::to_string(number) + ", " +
                                        text + ");";
        }
        return tests::migration("m" + std::to_string(number), "db",
                                {{"source", {{"inline", files}}},
                                 {"history", {{"schema", schema}}},
                                 {"retry", {{"initialDelay", "500ms"}, {"maxDelay", "2s"}}}});
    }

    /// How many are not Ready as of their present spec, and what one of them says.
    std::size_t not_ready(std::string& last) const {
        std::this_thread::sleep_for(500ms);
        const auto answer = kubectl("get pgmig -o json -n " + ns_.name());
        if (answer.exit_code != 0) {
            last = answer.output;
            return count_;
        }
        auto left = count_;
        const auto list = json::parse(answer.output);
        for (const auto& item : list["items"]) {
            const bool is_ready = condition(item, "Ready") == "True/UpToDate" &&
                                  item["status"]["observedGeneration"] == item["metadata"]["generation"];
            if (is_ready) --left;
            if (!is_ready) last = item.value("status", json::object()).dump();
        }
        return left;
    }

    std::size_t count_;
    std::size_t scripts_ = 0;
    TemporaryDatabase database_;
    TemporaryNamespace ns_;
};

/// Of requests each fifth, of watches each second one meets with something.
FaultyGateway::Choose at_random(unsigned seed) {
    struct State {
        std::mutex mutex;
        std::minstd_rand random;
    };
    const auto state = std::make_shared<State>();
    state->random.seed(seed);
    return [state](const SeenRequest& request) {
        static constexpr std::array for_requests{Fault::LostRequest, Fault::LostAnswer,     Fault::Throttled,
                                                 Fault::Failing,     Fault::Unavailable,    Fault::GarbledAnswer,
                                                 Fault::CloseAfter,  Fault::TruncatedAnswer};
        static constexpr std::array for_watches{Fault::LostRequest,  Fault::Throttled,    Fault::Failing,
                                                Fault::ExpiredWatch, Fault::GarbledWatch, Fault::CutWatch};
        const std::lock_guard lock(state->mutex);
        const auto number = static_cast<std::size_t>(state->random());
        if (FaultyGateway::is_watch(request)) {
            return number % 2 == 0 ? for_watches.at(number / 2 % for_watches.size()) : Fault::None;
        }
        return number % 5 == 0 ? for_requests.at(number / 5 % for_requests.size()) : Fault::None;
    };
}

/// Ten times as long where nothing is left out: longer than a request is waited for.
std::chrono::seconds outage() {
    return std::chrono::seconds(ci_or_soak(4, 40));
}

}  // namespace

TEST_CASE("with each fifth request lost, refused or garbled, all Migrations become Ready and nothing runs twice") {
    Crowd crowd(ci_or_soak(20, 200));
    FaultyGateway gateway(kube::load_client_config({.kubeconfig = require_cluster(), .context = ""}, {}),
                          at_random(20261127));
    const TemporaryFolder folder;
    folder.write("kubeconfig", gateway.kubeconfig());
    const ControllerProcess controller({"--kubeconfig", folder.path("kubeconfig").string()});
    crowd.apply(2);
    REQUIRE(crowd.becomes_ready(std::chrono::seconds(ci_or_soak(180, 1'200))));
    crowd.apply(3);
    REQUIRE(crowd.becomes_ready(std::chrono::seconds(ci_or_soak(180, 1'200))));
    CHECK(crowd.ran() == crowd.all_once());
    CHECK(controller.running());
    int faults = 0;
    for (const auto& [fault, count] : gateway.counts()) {
        UNSCOPED_INFO(to_string(fault) << ": " << count);
        if (fault != Fault::None) faults += count;
    }
    CHECK(faults > 10);
}

TEST_CASE("a control plane that is killed, stopped and compacted under load is lived through, and nothing runs twice") {
    require_local_services();
    Crowd crowd(ci_or_soak(60, 1'000));
    const ControllerProcess controller;
    std::jthread upheaval([] {
        for (const std::string part : {"apiserver", "etcd"}) {
            std::this_thread::sleep_for(2s);
            control_service("kill", part);
            std::this_thread::sleep_for(2s);
            control_service("start", part);
            std::this_thread::sleep_for(3s);
            const PausedService paused(part);
            std::this_thread::sleep_for(outage());
        }
    });
    crowd.apply(2);
    upheaval.join();
    REQUIRE(crowd.becomes_ready(std::chrono::seconds(ci_or_soak(240, 1'800))));
    CHECK(crowd.ran() == crowd.all_once());
    // While the API server is away its versions go: a watch cannot be taken up where it was.
    std::jthread compaction([] {
        std::this_thread::sleep_for(1s);
        control_service("kill", "apiserver");
        control_service("compact", "etcd");
        control_service("start", "apiserver");
        control_service("compact", "etcd");
    });
    crowd.apply(3);
    compaction.join();
    REQUIRE(crowd.becomes_ready(std::chrono::seconds(ci_or_soak(240, 1'800))));
    CHECK(crowd.ran() == crowd.all_once());
    CHECK(controller.running());
}

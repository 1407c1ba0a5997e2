#include "kube/exec_login.hpp"

#include "kube/http.hpp"
#include "support/exec_plugin_script.hpp"
#include "support/fake_clock.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <thread>
#include <vector>

using namespace lockkeeper::kube;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

ClientConfig config_of(const ExecPlugin& plugin) {
    ClientConfig config;
    config.server = "https://api.example.com:6443";
    config.exec = plugin;
    return config;
}

std::string refusal(const std::string& text) {
    try {
        parse_exec_credential(text, "client.authentication.k8s.io/v1");
    } catch (const InvalidExecCredential& error) {
        return error.what();
    }
    return "accepted";
}

std::string credential(const std::string& status) {
    return R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":)" + status + "}";
}

/// A login by a script, with a clock that stands still.
struct Fixture {
    ExecPluginScript script;
    FakeClock clock;
    ExecLogin login;

    explicit Fixture(const std::string& body) : script(body), login(config_of(script.plugin()), clock) {}
    template <typename Adjust>
    Fixture(const std::string& body, Adjust adjust) : script(body), login(config_of(adjusted(adjust)), clock) {}

    template <typename Adjust>
    ExecPlugin adjusted(Adjust adjust) const {
        auto plugin = script.plugin();
        adjust(plugin);
        return plugin;
    }
    std::string token() { return login.current({}).token.reveal(); }
    TransportFailure failure() {
        try {
            login.current({});
        } catch (const TransportError& error) {
            return {error.kind(), error.what()};
        }
        FAIL("a credential, where a failure was expected");
        return {};
    }
};

const std::string counted_token = R"(n=$(wc -l <"$HERE/runs")
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t'$n'"}}'
)";

}  // namespace

TEST_CASE("a credential holds a token, a certificate, or both, and perhaps when it expires") {
    const auto version = "client.authentication.k8s.io/v1";
    const auto token =
        parse_exec_credential(credential(R"({"token":"t","expirationTimestamp":"2026-01-31T08:09:10Z"})"), version);
    CHECK(token.token.reveal() == "t");
    CHECK_FALSE(token.certificate);
    CHECK(token.expires->time_since_epoch() == 1'769'846'950s);
    const auto pair = parse_exec_credential(
        credential(
            R"({"clientCertificateData":"C","clientKeyData":"K","expirationTimestamp":"2026-01-31T10:09:10.5+02:00"})"),
        version);
    CHECK(pair.certificate->chain == "C");
    CHECK(pair.certificate->key.reveal() == "K");
    CHECK(pair.expires == token.expires);
    CHECK_FALSE(parse_exec_credential(credential(R"({"token":"t","expirationTimestamp":null})"), version).expires);
    CHECK(parse_exec_credential(
              R"({"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"b"}})",
              "client.authentication.k8s.io/v1beta1")
              .token.reveal() == "b");
}

TEST_CASE("an answer that is no credential is refused with what is wrong, and quoted nowhere") {
    CHECK_THAT(refusal("hunter2"), Contains("no JSON object") && !Contains("hunter2"));
    CHECK_THAT(refusal("{}"), Contains("no ExecCredential"));
    CHECK_THAT(refusal(R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"})"),
               Contains("another version than client.authentication.k8s.io/v1"));
    CHECK_THAT(refusal(R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"})"),
               Contains("has no status"));
    CHECK_THAT(refusal(credential("{}")), Contains("neither a token nor a client certificate"));
    CHECK_THAT(refusal(credential(R"({"token":7})")), Contains("token is no string"));
    CHECK_THAT(refusal(credential(R"({"token":"t","clientKeyData":"hunter2"})")),
               Contains("only one of") && !Contains("hunter2"));
    CHECK_THAT(refusal(credential(R"({"token":"t","expirationTimestamp":"tomorrow"})")),
               Contains("is no time such as"));
}

TEST_CASE("a plugin is told its version and that nobody is there, and the cluster if it wants to know") {
    ExecPlugin plugin;
    plugin.api_version = "client.authentication.k8s.io/v1beta1";
    auto config = config_of(plugin);
    CHECK(json::parse(exec_info(*config.exec, config)) == json{{"apiVersion", "client.authentication.k8s.io/v1beta1"},
                                                               {"kind", "ExecCredential"},
                                                               {"spec", {{"interactive", false}}}});
    config.exec->provides_cluster_info = true;
    config.certificate_authority.text = SecretText("CA");
    config.tls_server_name = "api";
    config.proxy_url = SecretText("http://proxy:3128");
    CHECK(json::parse(exec_info(*config.exec, config))["spec"]["cluster"] ==
          json{{"server", "https://api.example.com:6443"},
               {"tls-server-name", "api"},
               {"proxy-url", "http://proxy:3128"},
               {"certificate-authority-data", "Q0E="}});
}

TEST_CASE("a plugin runs with its arguments and variables, and finds what is wanted in KUBERNETES_EXEC_INFO") {
    Fixture fixture("echo \"$# $2 $CLUSTER_NAME\" >\"$HERE/seen\"; echo \"$KUBERNETES_EXEC_INFO\" >\"$HERE/info\"\n" +
                        answer_of_plugin(R"({"token":"t"})"),
                    [](ExecPlugin& plugin) {
                        plugin.arguments = {"get-token", "$(id) *"};
                        plugin.environment = {"CLUSTER_NAME=a b"};
                    });
    CHECK(fixture.token() == "t");
    CHECK(fixture.script.read("seen") == "2 $(id) * a b\n");
    CHECK(json::parse(fixture.script.read("info"))["spec"]["interactive"] == false);
}

TEST_CASE("a credential that does not expire is got once, and anew when it was refused") {
    Fixture fixture(counted_token);
    CHECK(fixture.token() == "t1");
    fixture.clock.advance(1'000h);
    CHECK(fixture.token() == "t1");
    const auto refused = fixture.login.current({});
    CHECK(fixture.login.renew(refused, {}));
    CHECK(fixture.token() == "t2");
    // Another request that had gone out with the first one finds it renewed already.
    CHECK(fixture.login.renew(refused, {}));
    CHECK(fixture.script.runs() == 2);
}

TEST_CASE("a fresh credential that is refused is not got again at once") {
    Fixture fixture(counted_token);
    const auto fresh = fixture.login.current({});
    CHECK_FALSE(fixture.login.renew(fresh, {}));
    CHECK(fixture.script.runs() == 1);
    fixture.clock.advance(5s);
    CHECK(fixture.login.renew(fresh, {}));
    CHECK(fixture.script.runs() == 2);
}

TEST_CASE("a credential is used until it expires") {
    Fixture fixture(R"(expires=$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ); n=$(wc -l <"$HERE/runs")
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t'$n'","expirationTimestamp":"'$expires'"}}'
)");
    CHECK(fixture.token() == "t1");
    fixture.clock.advance(50min);
    CHECK(fixture.token() == "t1");
    fixture.clock.advance(10min);
    CHECK(fixture.token() == "t2");
}

TEST_CASE("a credential of the year 9999 and one that has expired are used all the same") {
    Fixture far(answer_of_plugin(R"({"token":"t","expirationTimestamp":"9999-12-31T23:59:59Z"})"));
    CHECK(far.token() == "t");
    CHECK(far.token() == "t");
    CHECK(far.script.runs() == 1);
    Fixture past(answer_of_plugin(R"({"token":"t","expirationTimestamp":"2001-01-01T00:00:00Z"})"));
    CHECK(past.token() == "t");
    CHECK(past.token() == "t");
    CHECK(past.script.runs() == 1);
    past.clock.advance(5s);
    CHECK(past.token() == "t");
    CHECK(past.script.runs() == 2);
}

TEST_CASE("a plugin that fails is quoted, in one line and without what it must not say") {
    Fixture fixture("echo 'no session:\thunter2' >&2; echo 'log in first' >&2\n" +
                    answer_of_plugin(R"({"token":"hunter2"})") + "exit 7\n");
    const auto failure = fixture.failure();
    CHECK(failure.kind == TransportError::Kind::NoLogin);
    CHECK_THAT(failure.message, Contains("the program that logs us in") && Contains("ended with 7") &&
                                    Contains("no session:  log in first") && !Contains("hunter2"));
}

TEST_CASE("a plugin that fails is not started again for five seconds, however often it is needed") {
    Fixture fixture("exit 1\n");
    const auto first = fixture.failure();
    CHECK(fixture.failure().message == first.message);
    CHECK(fixture.script.runs() == 1);
    fixture.clock.advance(5s);
    fixture.failure();
    CHECK(fixture.script.runs() == 2);
}

TEST_CASE("a plugin that hangs is ended, and one that is not there comes with how to get it") {
    Fixture hanging("exec sleep 600\n", [](ExecPlugin& plugin) { plugin.time_limit = 200ms; });
    CHECK_THAT(hanging.failure().message, Contains("did not end within 200 ms"));
    Fixture missing("", [](ExecPlugin& plugin) {
        plugin.command = "no-such-plugin";
        plugin.install_hint = "see\nexample.com";
    });
    CHECK_THAT(missing.failure().message,
               Contains("no-such-plugin") && Contains("No such file") && Contains("see example.com"));
}

TEST_CASE("many requests at once start a plugin once, and a stop ends their wait") {
    Fixture fixture("sleep 0.2\n" + counted_token);
    std::vector<std::jthread> users;
    for (int user = 0; user < 8; ++user) users.emplace_back([&] { fixture.login.current({}); });
    users.clear();
    CHECK(fixture.script.runs() == 1);
    Fixture hanging("exec sleep 600\n");
    std::stop_source stop;
    const std::jthread stopper([&] {
        while (hanging.script.runs() == 0) std::this_thread::yield();
        stop.request_stop();
    });
    try {
        hanging.login.current(stop.get_token());
        FAIL("a credential, where a stop was expected");
    } catch (const TransportError& error) {
        CHECK(error.kind() == TransportError::Kind::Interrupted);
    }
}

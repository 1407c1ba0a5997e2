#include "kube/api_client.hpp"
#include "support/exec_plugin_script.hpp"
#include "support/scripted_api_client.hpp"
#include "support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace lockkeeper;
using namespace lockkeeper::kube;
using namespace lockkeeper::tests;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using nlohmann::json;
using Fixture = ScriptedApiClient;

namespace {

const ObjectRef shop{{"", "v1", "configmaps"}, {"shop", "scripts"}};
const Script fine = answer(200, R"({"kind":"ConfigMap","metadata":{"name":"scripts"}})");
const Script unauthorized = answer(401, R"({"kind":"Status","code":401,"reason":"Unauthorized"})");

}  // namespace

TEST_CASE("a 401 makes the token be read again, and the request be sent once more") {
    const TemporaryFolder folder;
    folder.write("token", "old");
    Fixture fixture({[&](const SeenRequest&, Reply& reply) {
                         folder.write("token", "new");
                         reply.send(401, "");
                     },
                     fine},
                    [&](ClientConfig& config) { config.token_file = folder.path("token"); });
    fixture.client.get(shop, {});
    CHECK(fixture.seen(0).headers.at("authorization") == "Bearer old");
    CHECK(fixture.seen(1).headers.at("authorization") == "Bearer new");
}

TEST_CASE("a 401 with a token that has not changed is an error") {
    Fixture fixture({unauthorized});
    CHECK_THROWS_WITH(fixture.client.get(shop, {}), Contains("401 Unauthorized"));
    CHECK(fixture.server.request_count() == 1);
}

TEST_CASE("a 401 to a program's token starts the program again, and a program that fails is an error without it") {
    const ExecPluginScript script(R"(n=$(wc -l <"$HERE/runs"); [ $n -lt 3 ] || exit 1
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"token-'$n'"}}')");
    Fixture fixture({fine, unauthorized, fine, unauthorized},
                    [&](ClientConfig& config) { config.exec = script.plugin(); });
    fixture.client.get(shop, {});
    fixture.clock.advance(1h);
    fixture.client.get(shop, {});
    CHECK(fixture.seen(1).headers.at("authorization") == "Bearer token-1");
    CHECK(fixture.seen(2).headers.at("authorization") == "Bearer token-2");
    fixture.clock.advance(1h);
    CHECK_THROWS_WITH(fixture.client.get(shop, {}), Contains("ended with 1") && !Contains("token-2"));
    CHECK(script.runs() == 3);
}

TEST_CASE("a 401 to a program's certificate, or one that has expired, is asked again with another one") {
    const ExecPluginScript script("cat \"$HERE/answer\"\n");
    const auto issue = [&](const ScriptedApiServer& server, const std::string& name) {
        const auto identity = server.authority().issue(name, "");
        script.folder().write(
            "answer",
            json{{"apiVersion", "client.authentication.k8s.io/v1"},
                 {"kind", "ExecCredential"},
                 {"status", {{"clientCertificateData", identity.certificate}, {"clientKeyData", identity.key}}}}
                .dump());
    };
    Fixture fixture({fine, unauthorized, fine}, [&](ClientConfig& config) { config.exec = script.plugin(); });
    issue(fixture.server, "first");
    fixture.client.get(shop, {});
    fixture.clock.advance(1h);
    issue(fixture.server, "second");
    fixture.client.get(shop, {});
    CHECK(fixture.seen(0).client == "first");
    CHECK(fixture.seen(1).client == "first");
    CHECK(fixture.seen(2).client == "second");
    CHECK(script.runs() == 2);
}

TEST_CASE("a client certificate whose files are replaced is presented within a minute, and at once after a 401") {
    const TemporaryFolder folder;
    const auto write = [&](const ScriptedApiServer& server, const std::string& name) {
        const auto identity = server.authority().issue(name, "");
        folder.write("me.crt", identity.certificate);
        folder.write("me.key", identity.key);
    };
    Fixture fixture({fine, fine, unauthorized, fine}, [&](ClientConfig& config) {
        folder.write("me.crt", "");
        folder.write("me.key", "");
        config.client_certificate.file = folder.path("me.crt");
        config.client_key.file = folder.path("me.key");
    });
    write(fixture.server, "first");
    fixture.clock.advance(1min);
    fixture.client.get(shop, {});
    write(fixture.server, "second");
    fixture.clock.advance(1min);
    fixture.client.get(shop, {});
    write(fixture.server, "third");
    fixture.client.get(shop, {});
    CHECK(fixture.seen(0).client == "first");
    CHECK(fixture.seen(1).client == "second");
    CHECK(fixture.seen(2).client == "second");
    CHECK(fixture.seen(3).client == "third");
}

#pragma once

#include "kube/api_client.hpp"
#include "support/fake_clock.hpp"
#include "support/scripted_api_server.hpp"

#include <string>
#include <vector>

namespace lockkeeper::tests {

/// A client of a server that does as it is told, with a clock that takes no time. It has the token `a-token`, where a
/// test does not adjust how it logs in.
struct ScriptedApiClient {
    ScriptedApiServer server;
    FakeClock clock;
    std::vector<std::string> warnings;  ///< of the server, as they are logged
    kube::ApiClient client;

    explicit ScriptedApiClient(std::vector<Script> scripts)
        : ScriptedApiClient(std::move(scripts),
                            [](kube::ClientConfig& config) { config.token = kube::SecretText("a-token"); }) {}

    template <typename Adjust>
    ScriptedApiClient(std::vector<Script> scripts, Adjust adjust)
        : server(in_turn(std::move(scripts))), client(adjusted(adjust), {.user_agent = "test/1"}, clock, log()) {}

    SeenRequest seen(std::size_t index = 0) const { return server.requests().at(index); }

  private:
    template <typename Adjust>
    kube::ClientConfig adjusted(Adjust adjust) const {
        auto config = server.config();
        adjust(config);
        return config;
    }
    kube::LogSink log() {
        return [this](kube::LogLevel, std::string_view, const kube::LogFields& fields) {
            warnings.push_back(fields.at(0).second);
        };
    }
};

}  // namespace lockkeeper::tests

#include "app/probe_command.hpp"

#include "app/options.hpp"
#include "kube/server_url.hpp"
#include "kube/transport.hpp"

#include <algorithm>
#include <ostream>
#include <thread>

namespace lockkeeper::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds between_attempts{500};

/// The URL's server and path, apart.
struct Target {
    kube::ClientConfig server;
    std::string path;
};

Target read_url(const std::string& url) {
    const auto path = kube::prefix_of(url);
    if (path.empty()) throw WrongUsage("the URL '" + url + "' has no path; write one such as http://host:8081/readyz");
    Target target{.server = {}, .path = path};
    target.server.server = url.substr(0, url.size() - path.size());
    if (const auto wrong = kube::what_is_wrong_with_server(target.server.server); !wrong.empty()) {
        throw WrongUsage(wrong);
    }
    return target;
}

ExitCode judge(const kube::HttpResponse& answer, const ProbeOptions& options, std::ostream& out) {
    if (answer.head.status != 200) {
        out << options.url << " answered " << answer.head.status << "\n" << answer.body;
        return ExitCode::Failed;
    }
    if (answer.body.find(options.expect) == std::string::npos) {
        out << options.url << " answered without '" << options.expect << "'\n" << answer.body;
        return ExitCode::Failed;
    }
    out << options.url << " answered as expected\n";
    return ExitCode::Done;
}

}  // namespace

ExitCode run_probe(const ProbeOptions& options, std::ostream& out, const std::stop_token& stop) {
    const auto target = read_url(options.url);
    const auto until = steady_clock::now() + options.timeout;
    const auto transport = kube::connect_transport(target.server, {});
    while (true) {
        const auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
        try {
            const kube::HttpRequest request{.method = "GET",
                                            .path = target.path,
                                            .query = {},
                                            .headers = {},
                                            .body = {},
                                            .deadline = std::max(left, between_attempts)};
            return judge(transport->send(request, stop), options, out);
        } catch (const kube::TransportError& error) {
            const bool over = left <= between_attempts || error.kind() == kube::TransportError::Kind::Interrupted;
            if (!over) {
                std::this_thread::sleep_for(between_attempts);
                continue;
            }
            out << options.url << " did not answer: " << error.what() << "\n";
            return ExitCode::Failed;
        }
    }
}

}  // namespace lockkeeper::app

#include "support/pgbouncer.hpp"

#include "support/loopback.hpp"
#include "support/requirements.hpp"

#include <unistd.h>

#include <chrono>
#include <regex>
#include <stdexcept>
#include <thread>

namespace lockkeeper::tests {
namespace {

struct UrlParts {
    std::string user, password, host, port, database;
};

UrlParts take_apart(const std::string& url) {
    std::smatch match;
    if (!std::regex_search(url, match, std::regex("//([^:]+):([^@]*)@([^:/]+):([0-9]+)/([^?]+)"))) {
        throw std::runtime_error("the test's connection string is not postgresql://user:password@host:port/database");
    }
    return {match[1], match[2], match[3], match[4], match[5]};
}

}  // namespace

PgBouncer::PgBouncer(const std::string& url, const Options& options) {
    const auto program = require_program("/usr/sbin/pgbouncer");
    const auto parts = take_apart(url);
    std::uint16_t port = port_of(listen_on_loopback());
    folder_.write("pgbouncer.ini",
                  "[databases]\n" + parts.database + " = host=" + parts.host + " port=" + parts.port +
                      " user=" + parts.user + " password=" + parts.password +
                      "\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " + std::to_string(port) +
                      "\nunix_socket_dir =\nauth_type = any\nmax_client_conn = 200\npool_mode = " + options.pool_mode +
                      "\ndefault_pool_size = " + std::to_string(options.pool_size) + "\n" + options.more + "\n");
    std::vector<std::string> command{program, folder_.path("pgbouncer.ini")};
    if (::geteuid() == 0) command.insert(command.begin() + 1, {"-u", "nobody"});  // it refuses to run as root
    process_ = std::make_unique<Process>(std::move(command));
    while (!connect_to_loopback(port)) {
        if (!process_->running()) throw std::runtime_error("pgbouncer ended: " + process_->log());
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    url_ = "postgresql://anybody@127.0.0.1:" + std::to_string(port) + "/" + parts.database + "?sslmode=disable";
}

}  // namespace lockkeeper::tests

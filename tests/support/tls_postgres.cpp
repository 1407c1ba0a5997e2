#include "support/tls_postgres.hpp"

#include "postgres/connection.hpp"
#include "support/loopback.hpp"
#include "support/requirements.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <vector>

namespace lockkeeper::tests {
namespace {

using Words = std::vector<std::string>;

const std::string programs = "/usr/lib/postgresql/15/bin/";

/// PostgreSQL refuses to run as root, so for root it runs as the user that Debian's package made.
Words as_postgres(const Words& command) {
    Words words;
    if (::geteuid() == 0) words = {"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env"};
    words.insert(words.end(), command.begin(), command.end());
    return words;
}

void run(const Words& command) {
    Process process(command);
    if (process.wait() != 0) throw std::runtime_error(command.front() + " failed: " + process.log());
}

}  // namespace

TlsPostgres::TlsPostgres() : port_(port_of(listen_on_loopback())) {
    require_program(programs + "initdb");
    const auto folder = folder_.path("data").string();
    make(folder);
    start(folder);
    create_app();
}

TlsPostgres::~TlsPostgres() {
    if (process_) process_->end(SIGINT);  // a fast shutdown: sessions are not waited for
}

void TlsPostgres::make(const std::string& folder) {
    const auto server = authority_.issue("server", "IP:127.0.0.1");
    folder_.write("files/server.crt", server.certificate);
    folder_.write("files/server.key", server.key);
    folder_.write("files/ca.crt", authority_.certificate());
    folder_.write("files/pg_hba.conf", "hostssl all all 127.0.0.1/32 cert\n");
    const auto top = folder_.path("").string();
    run({"chmod", "600", folder_.path("files/server.key").string()});
    if (::geteuid() == 0) run({"chown", "-R", "postgres:", top});
    run(as_postgres({programs + "initdb", "--pgdata=" + folder, "--username=postgres", "--auth=reject",
                     "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"}));
}

void TlsPostgres::start(const std::string& folder) {
    const auto files = folder_.path("files").string();
    process_ = std::make_unique<Process>(as_postgres({programs + "postgres",
                                                      "-D",
                                                      folder,
                                                      "-c",
                                                      "listen_addresses=127.0.0.1",
                                                      "-c",
                                                      "port=" + std::to_string(port_),
                                                      "-c",
                                                      "unix_socket_directories=",
                                                      "-c",
                                                      "fsync=off",
                                                      "-c",
                                                      "ssl=on",
                                                      "-c",
                                                      "ssl_cert_file=" + files + "/server.crt",
                                                      "-c",
                                                      "ssl_key_file=" + files + "/server.key",
                                                      "-c",
                                                      "ssl_ca_file=" + files + "/ca.crt",
                                                      "-c",
                                                      "hba_file=" + files + "/pg_hba.conf"}));
}

void TlsPostgres::create_app() const {
    const auto own = authority_.issue("postgres", "");
    auto url = postgres::ConnectionUrl::of_parts({.host = "127.0.0.1",
                                                  .port = port_,
                                                  .database = "postgres",
                                                  .user = "postgres",
                                                  .password = {},
                                                  .ssl_mode = {},
                                                  .parameters = {}});
    url.use_certificates(authority_.certificate(), postgres::ClientCertificate{own.certificate, own.key});
    while (true) {
        if (!process_->running()) throw std::runtime_error("PostgreSQL ended: " + process_->log());
        try {
            auto session = postgres::Connection::open(url, {});
            session.query("CREATE ROLE app LOGIN");
            session.query("CREATE DATABASE app OWNER app");
            return;
        } catch (const postgres::ConnectError& error) {
            // Until it listens, and while it starts up. Anything else would stay so.
            if (!error.sqlstate().empty() && error.sqlstate() != "57P03") throw;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

}  // namespace lockkeeper::tests

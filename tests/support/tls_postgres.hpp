#pragma once

#include "support/process.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_certificates.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace lockkeeper::tests {

/// A PostgreSQL server of one test's own that takes no session without TLS and a client certificate, of its authority,
/// in the name of the role (`cert`, which is clientcert=verify-full). Its own certificate is for 127.0.0.1.
class TlsPostgres {
  public:
    /// With the superuser `postgres` and the role `app`, which owns the database `app`. Skips the test, or fails it in
    /// CI, where there is no PostgreSQL to start.
    TlsPostgres();
    ~TlsPostgres();
    TlsPostgres(const TlsPostgres&) = delete;
    TlsPostgres& operator=(const TlsPostgres&) = delete;

    std::uint16_t port() const { return port_; }
    const TestAuthority& authority() const { return authority_; }

  private:
    void make(const std::string& folder);
    void start(const std::string& folder);
    void create_app() const;

    TestAuthority authority_{"authority of the database"};
    TemporaryFolder folder_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

}  // namespace lockkeeper::tests

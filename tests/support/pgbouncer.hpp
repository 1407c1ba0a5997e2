#pragma once

#include "support/process.hpp"
#include "support/temporary_folder.hpp"

#include <memory>
#include <string>

namespace lockkeeper::tests {

/// A PgBouncer of one test's own, in front of one database. Its clients need no password.
class PgBouncer {
  public:
    struct Options {
        std::string pool_mode;  ///< session, transaction or statement
        int pool_size = 20;     ///< sessions with the server at most
        std::string more{};     ///< further lines of its configuration
    };

    /// `url` is the database's. Skips the test, or fails it in CI, when there is no pgbouncer; returns when it listens.
    PgBouncer(const std::string& url, const Options& options);

    /// The connection string to the same database through it.
    const std::string& url() const { return url_; }

  private:
    TemporaryFolder folder_;
    std::string url_;
    std::unique_ptr<Process> process_;
};

}  // namespace lockkeeper::tests

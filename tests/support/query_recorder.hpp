#pragma once

#include "support/loopback.hpp"

#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lockkeeper::tests {

/// Plays a PostgreSQL server that lets everybody in, answers every query with an empty result, and remembers it: so a
/// test sees what a client sends. One client at a time, simple queries only.
class QueryRecorder {
  public:
    QueryRecorder();

    /// A connection string for clients.
    std::string url() const;
    /// What has been asked so far, in order.
    std::vector<std::string> queries() const;

  private:
    void serve(const std::stop_token& stop);
    void talk_to(const Socket& client);

    Socket listening_;
    mutable std::mutex mutex_;
    std::vector<std::string> queries_;
    std::jthread thread_;  // the last member: it uses the others
};

}  // namespace lockkeeper::tests

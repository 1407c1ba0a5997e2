#include "engine/pooler.hpp"

#include <chrono>
#include <future>
#include <optional>
#include <thread>

namespace lockkeeper::engine {
namespace {

using std::chrono::steady_clock;

/// With four, a busy pooler of four sessions was missed once in a hundred times; each further round divides that by
/// three.
constexpr int rounds = 16;

long long backend_of(postgres::Connection& session) {
    return session.query("SELECT pg_catalog.pg_backend_pid()").integer(0, 0);
}

/// The second session, on a thread of its own, since the pooler may let it wait for as long as it likes.
class Rival {
  public:
    explicit Rival(const OpenSession& open)
        : thread_([this, &open](const std::stop_token& stop) {
              try {
                  session_ = open(stop);
                  opened_.set_value();
              } catch (...) {
                  opened_.set_exception(std::current_exception());
                  return;
              }
              try {
                  answered_.set_value(backend_of(*session_));
              } catch (...) {
                  answered_.set_exception(std::current_exception());
              }
          }) {
        opened_.get_future().get();
    }

    /// Its backend, or nothing if it still waits for one.
    std::optional<long long> first_backend(steady_clock::duration patience) {
        auto answer = answered_.get_future();
        if (answer.wait_for(patience) != std::future_status::ready) return std::nullopt;
        return answer.get();
    }
    /// Only when first_backend has returned one.
    long long backend() { return backend_of(*session_); }

  private:
    std::optional<postgres::Connection> session_;
    std::promise<void> opened_;
    std::promise<long long> answered_;
    std::jthread thread_;  // the last member: it uses the others
};

}  // namespace

PoolerDetected::PoolerDetected()
    : std::runtime_error(
          "a connection pooler that shares sessions stands before the database, and a lock could be left behind in it; "
          "give the URL of the database itself, or of the pooler in session mode") {}

std::string own_backend_check(const postgres::Connection& session) {
    return "SELECT 1 / (pg_catalog.pg_backend_pid()=" + std::to_string(session.backend_pid()) + ")::pg_catalog.int4;";
}

int refuse_shared_backend(postgres::Connection& session, const OpenSession& open_another) {
    const auto begin = steady_clock::now();
    const auto own = backend_of(session);
    const auto round_trip = steady_clock::now() - begin;
    Rival rival(open_another);
    auto other = rival.first_backend(std::chrono::milliseconds(500) + 5 * round_trip);
    for (int round = 0; round < rounds; ++round) {
        if (other == own || backend_of(session) != own) throw PoolerDetected();
        if (!other) break;
        other = rival.backend();
    }
    if (other == own) throw PoolerDetected();
    return static_cast<int>(own);
}

}  // namespace lockkeeper::engine

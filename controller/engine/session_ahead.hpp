#pragma once

#include "postgres/connection.hpp"

#include <chrono>
#include <functional>
#include <future>
#include <stop_token>

namespace lockkeeper::engine {

/// A session that is being opened while its owner has other things to do. Letting go of it gives up the attempt.
class SessionAhead {
  public:
    using Open = std::function<postgres::Connection(const std::stop_token&)>;

    /// Calls `open` on a thread of its own, with a token that is stopped as `stop` is.
    SessionAhead(Open open, const std::stop_token& stop)
        : forward_(stop, Forward{&given_up_}),
          session_(std::async(std::launch::async, std::move(open), given_up_.get_token())) {}
    ~SessionAhead() { given_up_.request_stop(); }
    SessionAhead(const SessionAhead&) = delete;
    SessionAhead& operator=(const SessionAhead&) = delete;

    /// The session, once, for use while this object lives; throws what `open` threw.
    postgres::Connection take() { return session_.get(); }
    bool taken() const { return !session_.valid(); }
    /// Has the attempt ended by then, so that take() does not wait?
    bool is_ready_within(std::chrono::milliseconds patience) const {
        return session_.wait_for(patience) == std::future_status::ready;
    }

  private:
    struct Forward {
        std::stop_source* to;
        void operator()() const { to->request_stop(); }
    };

    std::stop_source given_up_;
    std::stop_callback<Forward> forward_;
    std::future<postgres::Connection> session_;  ///< waits in its destructor
};

}  // namespace lockkeeper::engine

#pragma once

#include "postgres/connection_url.hpp"
#include "postgres/error.hpp"
#include "postgres/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::postgres {

class Waker;

/// One session with a PostgreSQL server. Every call blocks its thread, but ends soon after the stop token given at
/// opening is requested: the running command is cancelled on the server and Interrupted is thrown.
///
/// Not for several threads at once. The destructor ends the session, which frees its advisory locks.
class Connection {
  public:
    struct Options {
        std::string application_name = "lockkeeper";
        std::chrono::milliseconds connect_timeout{10'000};
        std::stop_token stop{};
    };

    /// Throws ConnectError (TlsError too) or Interrupted.
    static Connection open(const ConnectionUrl& url, const Options& options);

    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Runs one message of one or more statements and returns the result of the last. A message of several is one
    /// implicit transaction. Throws CommandError, ConnectionLost, Interrupted.
    Result query(const std::string& sql);

    /// Calls `each` with the result of every statement, in order, as the server completes them.
    void query_each(const std::string& sql, const std::function<void(const Result&)>& each);

    /// As query, for a message whose last statement is `COPY … FROM STDIN`: sends it these rows.
    Result copy_in(const std::string& sql, std::string_view rows);

    /// Single statements that belong together.
    using Batch = std::vector<std::string>;

    /// Sends batch after batch without waiting for any answer. The server runs them in order, one statement after the
    /// other, and the first that it refuses ends all: no statement behind it is run. `each` is called with the result
    /// of a batch's last statement as soon as the server has it done. Throws as query does; the CommandError's
    /// `completed` counts in its batch, and its `position` in its statement. Not for COPY with rows.
    void query_ahead(const std::vector<Batch>& batches, const std::function<void(const Result&)>& each);

    /// The shortest time in which a message has been answered so far: hardly more than a round trip. At first the
    /// longest there is.
    std::chrono::steady_clock::duration shortest_exchange() const { return shortest_exchange_; }

    /// For the way out: from now on the stop token is ignored, and a server that has not answered all that is still
    /// asked of it after this time counts as lost (ConnectionLost).
    void leave_within(std::chrono::milliseconds patience);

    /// While a command runs, calls `look` each time that another `every` has passed without an answer, on the same
    /// thread. It must not use this connection. An empty `look` ends that.
    void while_waiting(std::chrono::milliseconds every, std::function<void()> look);

    /// Each time that another `every` has passed in one wait for the server, asks whether the link to it is lost; the
    /// call that waits throws ConnectionLost then. `nth` counts in that wait, from 1. It must not use this connection.
    /// An empty `is_lost` ends that.
    void watch_link(std::chrono::milliseconds every, std::function<bool(std::size_t nth)> is_lost);

    /// A server that has not answered by then counts as lost (ConnectionLost). Unset: it may take its time.
    void answer_until(std::optional<std::chrono::steady_clock::time_point> deadline);

    /// How many bytes of ours the other end of the TCP connection has got, which may be a pooler's. 0 on a local
    /// socket.
    std::uint64_t acknowledged_bytes() const;

    /// Statements that a server refuses whose session is not as good as a new one, and how long it may take to answer.
    struct Proof {
        Batch statements;
        std::chrono::milliseconds patience{0};
    };

    /// For another run that uses this session from now on, as if it had opened it with these options. The server still
    /// has the old name then, and has it again after each RESET ALL.
    ///
    /// The proof goes to the server in front of the first query, in its message. Where it does not hold, or no answer
    /// comes in time, StaleSession is thrown: what the query was to do is then for a new session to do, or do again.
    void begin_anew(const Options& options, Proof proof);
    /// What the one who uses it now is called.
    const std::string& application_name() const { return application_name_; }
    /// Is that not what the server was told when the session began?
    bool is_renamed() const { return is_renamed_; }
    /// No transaction is open, nor is any answer still to come.
    bool is_idle() const;

    /// Behind a pooler: what the backend itself has said.
    void correct_backend_pid(int pid);
    int backend_pid() const;     ///< as the server, or a pooler in front of it, said when the session began
    int server_version() const;  ///< 150020 for 15.20

  private:
    struct Closer {
        void operator()(void* connection) const noexcept;
    };

    Connection(void* connection, const Options& options);
    void connect(std::chrono::steady_clock::time_point deadline);
    Result exchange(const std::string& sql, const std::function<void(const Result&)>& each);
    Result prove_and_exchange(const std::string& sql, const std::function<void(const Result&)>& each);
    void send(const std::string& sql);
    void send_ahead(const std::vector<Batch>& batches);
    void flush();
    void collect_ahead(const std::vector<Batch>& batches, const std::function<void(const Result&)>& each);
    /// Collects results until the command is complete. At COPY … FROM STDIN sends `rows`, or an error where there are
    /// none.
    Result collect(std::optional<std::string_view> rows, const std::function<void(const Result&)>& each);
    void send_rows(std::optional<std::string_view> given);
    void wait_for_input();
    /// Forgets all else that ends or interrupts a wait.
    void wait_only_for(const std::stop_token& stop, std::optional<std::chrono::steady_clock::time_point> deadline);
    void wait(short events);
    [[noreturn]] void interrupt();
    [[noreturn]] void throw_command_error(const Result& result, std::size_t completed);

    std::unique_ptr<void, Closer> connection_;
    std::string application_name_;
    bool is_renamed_ = false;
    std::stop_token stop_;
    std::unique_ptr<Waker> waker_;
    std::optional<std::chrono::milliseconds> look_every_;
    std::function<void()> look_;
    std::optional<std::chrono::milliseconds> link_every_;
    std::function<bool(std::size_t nth)> link_is_lost_;
    std::optional<std::chrono::steady_clock::time_point> deadline_;
    std::optional<int> corrected_pid_;
    std::optional<Proof> proof_;  ///< for the next query
    std::chrono::steady_clock::duration shortest_exchange_ = std::chrono::steady_clock::duration::max();
};

}  // namespace lockkeeper::postgres

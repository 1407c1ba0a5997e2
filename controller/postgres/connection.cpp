#include "postgres/connection.hpp"

#include "postgres/libpq.hpp"
#include "postgres/tls_failure.hpp"
#include "postgres/waker.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>
#include <vector>

namespace lockkeeper::postgres {
namespace {

using std::chrono::steady_clock;

/// The SQLSTATE of a failed connection attempt. libpq keeps no result for it, but with PQERRORS_SQLSTATE the message
/// ends in `FATAL:  28P01`, and so nothing of the server's own text is ever taken over.
std::string sqlstate_of_connect_failure(const PGconn* connection) {
    const std::string_view message = PQerrorMessage(connection);
    constexpr std::string_view severity = "FATAL:  ";
    const auto at = message.rfind(severity);
    if (at == std::string_view::npos) return {};
    const auto code = message.substr(at + severity.size(), 5);
    const auto is_code = [](char c) {
        return std::isdigit(static_cast<unsigned char>(c)) != 0 || (c >= 'A' && c <= 'Z');
    };
    return code.size() == 5 && std::ranges::all_of(code, is_code) ? std::string(code) : std::string();
}

std::string connect_message(const std::string& sqlstate) {
    if (sqlstate.empty()) return "no PostgreSQL server answers there";
    if (sqlstate == "28P01") return "the server refuses the user name or password";
    if (sqlstate == "28000")
        return "the server refuses this user: by its pg_hba.conf, which may ask for TLS or for a client certificate of "
               "this "
               "user, or because the role may not log in";
    if (sqlstate == "3D000") return "the server has no such database";
    if (sqlstate == "53300") return "the server has no connection left";
    if (sqlstate == "57P03") return "the server is starting up or shutting down";
    return "the server refuses the connection";
}

std::string field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? std::string() : std::string(text);
}

/// Of UTF-8, as the server counts them.
std::size_t characters_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

void Connection::Closer::operator()(void* connection) const noexcept {
    PQfinish(raw(connection));
}

Connection::Connection(void* connection, const Options& options)
    : connection_(connection),
      application_name_(options.application_name),
      stop_(options.stop),
      waker_(std::make_unique<Waker>(stop_)) {}

Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Connection Connection::open(const ConnectionUrl& url, const Options& options) {
    auto given = url;
    given.set("application_name", options.application_name);
    // libpq would look for a Kerberos ticket at each connect. Those of this process are none of a tenant's business.
    given.set_default("gssencmode", "disable");
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& parameter : given.parameters_) {
        keywords.push_back(parameter.keyword.c_str());
        values.push_back(parameter.value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    // expand_dbname is 0: a database name that looks like a URI must not bring parameters past the allow-list.
    Connection connection(PQconnectStartParams(keywords.data(), values.data(), 0), options);
    connection.connect(steady_clock::now() + options.connect_timeout);
    return connection;
}

void Connection::connect(steady_clock::time_point deadline) {
    auto* connection = raw(connection_.get());
    if (connection == nullptr || PQstatus(connection) == CONNECTION_BAD) throw ConnectError(connect_message({}), {});
    PQsetErrorVerbosity(connection, PQERRORS_SQLSTATE);
    PQsetNoticeProcessor(
        connection, [](void*, const char*) {}, nullptr);
    auto state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
        if (left.count() <= 0) throw ConnectError("the database server did not answer in time", {});
        const auto woken = waker_->wait(PQsocket(connection), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, left);
        if (woken == Waker::Woken::Stopped) throw Interrupted();
        if (woken == Waker::Woken::TimedOut) continue;
        state = PQconnectPoll(connection);
        if (state == PGRES_POLLING_FAILED) {
            auto sqlstate = sqlstate_of_connect_failure(connection);
            if (sqlstate.empty()) {
                if (const auto wrong = tls_failure_of(PQerrorMessage(connection))) throw TlsError(std::string(*wrong));
            }
            const auto message = connect_message(sqlstate);
            throw ConnectError(message, std::move(sqlstate));
        }
    }
    PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
    PQsetnonblocking(connection, 1);
}

Result Connection::query(const std::string& sql) {
    return exchange(sql, {});
}

void Connection::query_each(const std::string& sql, const std::function<void(const Result&)>& each) {
    exchange(sql, each);
}

Result Connection::exchange(const std::string& sql, const std::function<void(const Result&)>& each) {
    if (proof_) return prove_and_exchange(sql, each);
    const auto begin = steady_clock::now();
    send(sql);
    auto last = collect(std::nullopt, each);
    shortest_exchange_ = std::min(shortest_exchange_, steady_clock::now() - begin);
    return last;
}

Result Connection::prove_and_exchange(const std::string& sql, const std::function<void(const Result&)>& each) {
    const auto proof = *std::exchange(proof_, std::nullopt);
    const auto deadline = deadline_;
    const auto proof_deadline = steady_clock::now() + proof.patience;
    answer_until(deadline ? std::min(*deadline, proof_deadline) : proof_deadline);
    std::string message;
    for (const auto& statement : proof.statements) message += statement + ";";
    const auto statements = proof.statements.size();
    std::size_t answers = 0;
    try {
        auto last = exchange(message + sql, [&](const Result& result) {
            if (++answers == statements) answer_until(deadline);
            if (answers > statements && each) each(result);
        });
        answer_until(deadline);
        return last;
    } catch (const Interrupted&) {
        throw;
    } catch (const CommandError& error) {
        if (error.fields().completed < statements) throw StaleSession();
        auto fields = error.fields();
        fields.completed -= statements;
        if (fields.position) *fields.position -= std::min(*fields.position, characters_of(message));
        throw CommandError(std::move(fields));
    } catch (const Error&) {
        throw StaleSession();
    }
}

Result Connection::copy_in(const std::string& sql, std::string_view rows) {
    if (proof_) query("SELECT 1");
    send(sql);
    return collect(rows, {});
}

void Connection::begin_anew(const Options& options, Proof proof) {
    if (application_name_ != options.application_name) is_renamed_ = true;
    application_name_ = options.application_name;
    wait_only_for(options.stop, std::nullopt);
    proof_ = std::move(proof);
}
bool Connection::is_idle() const {
    return PQtransactionStatus(raw(connection_.get())) == PQTRANS_IDLE;
}

void Connection::correct_backend_pid(int pid) {
    corrected_pid_ = pid;
}
int Connection::backend_pid() const {
    return corrected_pid_ ? *corrected_pid_ : PQbackendPID(raw(connection_.get()));
}
int Connection::server_version() const {
    return PQserverVersion(raw(connection_.get()));
}

Result Connection::collect(std::optional<std::string_view> rows, const std::function<void(const Result&)>& each) {
    auto* connection = raw(connection_.get());
    std::optional<Result> last;
    std::optional<Result> failed;
    std::size_t completed = 0;
    while (true) {
        wait_for_input();
        auto* next = PQgetResult(connection);
        if (next == nullptr) break;
        const Result result(next);
        switch (PQresultStatus(next)) {
            case PGRES_COPY_IN:
                send_rows(rows);
                continue;
            case PGRES_COPY_OUT:
            case PGRES_COPY_BOTH:
                // Rows that nobody reads: end the session rather than drain them.
                throw CommandError(
                    {"0A000", "COPY … TO STDOUT has nowhere to write to in a script", {}, {}, completed});
            case PGRES_FATAL_ERROR:
            case PGRES_BAD_RESPONSE:
                if (!failed) failed = result;
                continue;
            default:
                last = result;
                if (failed) continue;
                ++completed;
                if (each) each(result);
        }
    }
    if (PQstatus(connection) == CONNECTION_BAD) throw ConnectionLost();
    if (failed) throw_command_error(*failed, completed);
    if (!last) throw CommandError({"42601", "the message holds no statement", {}, {}, 0});
    return *last;
}

void Connection::throw_command_error(const Result& result, std::size_t completed) {
    const auto* failed = result.get();
    CommandError::Fields fields;
    fields.sqlstate = field(failed, PG_DIAG_SQLSTATE);
    if (fields.sqlstate.empty()) throw ConnectionLost();  // libpq made the error itself: no server said anything
    fields.message = without_row_values(field(failed, PG_DIAG_MESSAGE_PRIMARY), fields.sqlstate);
    fields.hint = field(failed, PG_DIAG_MESSAGE_HINT);
    fields.completed = completed;
    const auto position = field(failed, PG_DIAG_STATEMENT_POSITION);
    std::size_t index = 0;
    if (std::from_chars(position.data(), position.data() + position.size(), index).ec == std::errc() && index > 0) {
        fields.position = index - 1;
    }
    throw CommandError(std::move(fields));
}

}  // namespace lockkeeper::postgres

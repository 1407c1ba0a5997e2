// How a connection runs statements without waiting for the answers between them: libpq's pipeline mode, which is the
// extended query protocol with one Sync at the end. Source: PostgreSQL, "Frontend/Backend Protocol", "Pipelining".
#include "postgres/connection.hpp"
#include "postgres/libpq.hpp"

namespace lockkeeper::postgres {
namespace {

/// Leaves the mode again, unless answers are missing: such a connection is of no further use.
class PipelineMode {
  public:
    explicit PipelineMode(PGconn* connection) : connection_(connection) {
        if (PQenterPipelineMode(connection_) != 1) throw ConnectionLost();
    }
    ~PipelineMode() { PQexitPipelineMode(connection_); }
    PipelineMode(const PipelineMode&) = delete;
    PipelineMode& operator=(const PipelineMode&) = delete;

  private:
    PGconn* connection_;
};

}  // namespace

void Connection::query_ahead(const std::vector<Batch>& batches, const std::function<void(const Result&)>& each) {
    if (stop_.stop_requested()) throw Interrupted();
    if (proof_) query("SELECT 1");
    const PipelineMode mode(raw(connection_.get()));
    send_ahead(batches);
    collect_ahead(batches, each);
}

void Connection::send_ahead(const std::vector<Batch>& batches) {
    auto* connection = raw(connection_.get());
    for (const auto& batch : batches) {
        for (const auto& sql : batch) {
            if (PQsendQueryParams(connection, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) != 1) {
                throw ConnectionLost();
            }
        }
        // So that the server tells of a batch when it is done, and not of all at the end.
        if (PQsendFlushRequest(connection) != 1) throw ConnectionLost();
    }
    // One for all of them: behind an error the server skips what comes until it.
    if (PQpipelineSync(connection) != 1) throw ConnectionLost();
    flush();
}

void Connection::collect_ahead(const std::vector<Batch>& batches, const std::function<void(const Result&)>& each) {
    auto* connection = raw(connection_.get());
    std::optional<Result> failed;
    std::size_t completed = 0;
    auto batch = batches.begin();
    while (true) {
        wait_for_input();
        auto* next = PQgetResult(connection);
        if (next == nullptr) {  // the end of a statement, or of the connection
            if (PQstatus(connection) == CONNECTION_BAD) throw ConnectionLost();
            continue;
        }
        const Result result(next);
        switch (PQresultStatus(next)) {
            case PGRES_PIPELINE_SYNC:
                if (failed) throw_command_error(*failed, completed);
                return;
            case PGRES_PIPELINE_ABORTED:
                continue;
            case PGRES_COPY_IN:
            case PGRES_COPY_OUT:
            case PGRES_COPY_BOTH:
                throw ConnectionLost();  // nobody sends or reads rows here, so the session cannot go on
            case PGRES_FATAL_ERROR:
            case PGRES_BAD_RESPONSE:
                if (!failed) failed = result;
                continue;
            default:
                if (failed || ++completed < batch->size()) continue;
                ++batch;
                completed = 0;
                each(result);
        }
    }
}

}  // namespace lockkeeper::postgres

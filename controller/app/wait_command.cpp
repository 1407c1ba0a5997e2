#include "app/wait_command.hpp"

#include "api/durations.hpp"
#include "app/report_text.hpp"
#include "app/source_directory.hpp"
#include "engine/migrator.hpp"
#include "migration/reached.hpp"

#include <algorithm>
#include <optional>
#include <ostream>

namespace lockkeeper::app {
namespace {

using migration::Failure;
using migration::Reached;
using std::chrono::milliseconds;

/// Each look is a session of its own: many that wait must not hold as many sessions of the server.
constexpr milliseconds first_pause{500};
constexpr milliseconds longest_pause{5'000};

/// One look at the database: what it has, or why that cannot be told.
struct Look {
    std::optional<Reached> reached{};
    std::optional<Failure> failure{};
};

Look look_at(const WaitOptions& options, const std::optional<migration::ScriptSet>& source, engine::Clock& clock,
             const std::stop_token& stop) {
    engine::Migrator migrator(options.url, {.history_table = options.history, .subject = "wait"}, clock);
    const auto inspection = migrator.inspect(source.value_or(migration::ScriptSet()), {}, stop);
    // What a run would refuse to do is none of our business: the history has been read.
    if (!inspection.report.database) return {.failure = inspection.report.failure};
    return {.reached = migration::reached(inspection.history, options.version, source ? &*source : nullptr)};
}

std::string describe(const Look& look) {
    if (look.failure) return std::string(to_string(look.failure->kind)) + ": " + look.failure->message;
    const auto& reached = *look.reached;
    auto text = reached.current ? "the schema is at " + *reached.current : "no script is applied yet";
    if (reached.lacking) text += ", and lacks " + *reached.lacking;
    return text;
}

/// Says what has changed since it was last said.
class Teller {
  public:
    Teller(const WaitOptions& options, std::ostream& err) : options_(options), err_(err) {}

    void tell(const std::string& state) {
        if (state == told_) return;
        told_ = state;
        err_ << "waiting for " << options_.version << ": " << state << std::endl;
    }

  private:
    const WaitOptions& options_;
    std::ostream& err_;
    std::string told_;
};

ExitCode wait_for(const WaitOptions& options, const std::optional<migration::ScriptSet>& source, const Streams& streams,
                  const std::stop_token& stop) {
    engine::SystemClock clock;
    Teller teller(options, streams.err);
    const auto give_up = clock.now() + options.timeout;
    for (auto pause = first_pause;; pause = std::min(pause * 3 / 2, longest_pause)) {
        const auto look = look_at(options, source, clock, stop);
        if (look.reached && look.reached->yes) {
            streams.out << describe(look) << std::endl;
            return ExitCode::Done;
        }
        if (stop.stop_requested()) {
            streams.err << "interrupted; " << describe(look) << std::endl;
            return ExitCode::Failed;
        }
        if (look.failure && retry_of(look.failure->kind) == migration::Retry::Never) {
            print_failure(streams.err, *look.failure);
            return ExitCode::Failed;
        }
        const auto now = clock.now();
        if (now >= give_up) {
            streams.err << "given up after " << api::format_duration(options.timeout) << ": " << describe(look)
                        << ", and " << options.version << " is waited for" << std::endl;
            return ExitCode::TimedOut;
        }
        teller.tell(describe(look));
        clock.sleep(std::min(pause, std::chrono::ceil<milliseconds>(give_up - now)), stop);
    }
}

}  // namespace

ExitCode run_wait(const WaitOptions& options, const Streams& streams, const std::stop_token& stop) {
    try {
        std::optional<migration::ScriptSet> source;
        if (options.source) {
            source = migration::ScriptSet::read(read_source_directory(*options.source), options.layout);
            if (const auto failure = not_in_source(options.version, *source)) {
                print_failure(streams.err, *failure);
                return ExitCode::Failed;
            }
        }
        return wait_for(options, source, streams, stop);
    } catch (const migration::InvalidSource& error) {
        print_failure(streams.err, migration::failure_of(error));
        return ExitCode::Failed;
    }
}

}  // namespace lockkeeper::app

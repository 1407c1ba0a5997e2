#include "engine/run_failure.hpp"

#include "engine/advisory_lock.hpp"
#include "engine/history_table.hpp"
#include "engine/script_runner.hpp"
#include "postgres/error.hpp"

namespace lockkeeper::engine {
namespace {

using migration::Failure;
using migration::FailureKind;

Failure make(FailureKind kind, const std::exception& error, const std::string& sqlstate = {}) {
    Failure failure;
    failure.kind = kind;
    failure.message = error.what();
    failure.sqlstate = sqlstate;
    return failure;
}

/// A server that refuses a session for a reason that no list of ours names may think better of it.
FailureKind kind_of_refusal(const std::string& sqlstate) {
    const auto kind = migration::classify_sqlstate(sqlstate);
    return kind == FailureKind::ScriptFailed ? FailureKind::DatabaseUnreachable : kind;
}

}  // namespace

migration::Failure failure_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const ScriptFailed& failed) {
        return failed.failure();
    } catch (const LockNotAcquired& failed) {
        return make(FailureKind::WaitingForLock, failed);
    } catch (const PoolerDetected& failed) {
        return make(FailureKind::PoolerDetected, failed);
    } catch (const HistoryUnusable& failed) {
        return make(FailureKind::HistoryUnusable, failed, failed.sqlstate());
    } catch (const InvalidSetting& failed) {
        return make(FailureKind::InvalidSetting, failed);
    } catch (const SettingRefused& failed) {
        return make(FailureKind::SettingRefused, failed, failed.sqlstate());
    } catch (const postgres::InvalidConnectionUrl& failed) {
        return make(FailureKind::InvalidConnection, failed);
    } catch (const postgres::TlsError& failed) {
        return make(FailureKind::TlsFailed, failed);
    } catch (const postgres::ConnectError& failed) {
        return make(kind_of_refusal(failed.sqlstate()), failed, failed.sqlstate());
    } catch (const postgres::ConnectionLost& failed) {
        return make(FailureKind::DatabaseUnreachable, failed);
    } catch (const postgres::Interrupted& failed) {
        return make(FailureKind::Interrupted, failed);
    } catch (const postgres::CommandError& failed) {
        // Not a script: a statement of the engine's own was refused.
        const auto kind = migration::classify_sqlstate(failed.sqlstate());
        auto failure =
            make(kind == FailureKind::ScriptFailed ? FailureKind::HistoryUnusable : kind, failed, failed.sqlstate());
        failure.hint = failed.fields().hint;
        return failure;
    }
}

}  // namespace lockkeeper::engine

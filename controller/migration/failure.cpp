#include "migration/failure.hpp"

#include <array>
#include <utility>

namespace lockkeeper::migration {

Retry retry_of(FailureKind kind) {
    switch (kind) {
        case FailureKind::WaitingForLock:
        case FailureKind::WaitingForTableLock:
        case FailureKind::DatabaseUnreachable:
        case FailureKind::TransactionConflict:
        case FailureKind::Interrupted:
            return Retry::Soon;
        case FailureKind::AccessDenied:
        case FailureKind::TlsFailed:
        case FailureKind::DatabaseNotFound:
        case FailureKind::DatabaseReadOnly:
        case FailureKind::SettingRefused:
            return Retry::Slowly;
        default:
            return Retry::Never;
    }
}

std::string_view to_string(FailureKind kind) {
    switch (kind) {
        case FailureKind::WaitingForLock:
            return "WaitingForLock";
        case FailureKind::WaitingForTableLock:
            return "WaitingForTableLock";
        case FailureKind::DatabaseUnreachable:
            return "DatabaseUnreachable";
        case FailureKind::TransactionConflict:
            return "TransactionConflict";
        case FailureKind::Interrupted:
            return "Interrupted";
        case FailureKind::AccessDenied:
            return "AccessDenied";
        case FailureKind::TlsFailed:
            return "TlsFailed";
        case FailureKind::DatabaseNotFound:
            return "DatabaseNotFound";
        case FailureKind::DatabaseReadOnly:
            return "DatabaseReadOnly";
        case FailureKind::SettingRefused:
            return "SettingRefused";
        case FailureKind::InvalidSetting:
            return "InvalidSetting";
        case FailureKind::InvalidConnection:
            return "InvalidConnection";
        case FailureKind::InvalidSource:
            return "InvalidSource";
        case FailureKind::ChecksumMismatch:
            return "ChecksumMismatch";
        case FailureKind::OutOfOrder:
            return "OutOfOrder";
        case FailureKind::MissingScripts:
            return "MissingScripts";
        case FailureKind::RollbackForbidden:
            return "RollbackForbidden";
        case FailureKind::MissingDownScript:
            return "MissingDownScript";
        case FailureKind::ScriptFailed:
            return "ScriptFailed";
        case FailureKind::StatementInDoubt:
            return "StatementInDoubt";
        case FailureKind::LockLost:
            return "LockLost";
        case FailureKind::PoolerDetected:
            return "PoolerDetected";
        case FailureKind::HistoryMoved:
            return "HistoryMoved";
        case FailureKind::HistoryUnusable:
            return "HistoryUnusable";
        case FailureKind::AdoptionRefused:
            return "AdoptionRefused";
    }
    return "ScriptFailed";
}

std::optional<FailureKind> parse_failure_kind(std::string_view name) {
    constexpr int more_than_there_are = 64;
    for (int i = 0; i < more_than_there_are; ++i) {
        if (const auto kind = static_cast<FailureKind>(i); to_string(kind) == name) return kind;
    }
    return std::nullopt;
}

FailureKind classify_sqlstate(std::string_view sqlstate) {
    constexpr std::array<std::pair<std::string_view, FailureKind>, 7> exact{{
        {"55P03", FailureKind::WaitingForTableLock},  // lock_not_available
        {"40001", FailureKind::TransactionConflict},  // serialization_failure
        {"40P01", FailureKind::TransactionConflict},  // deadlock_detected
        {"28P01", FailureKind::AccessDenied},         // invalid_password
        {"28000", FailureKind::AccessDenied},         // invalid_authorization_specification
        {"3D000", FailureKind::DatabaseNotFound},     // invalid_catalog_name
        {"25006", FailureKind::DatabaseReadOnly},     // read_only_sql_transaction
    }};
    for (const auto& [code, kind] : exact) {
        if (sqlstate == code) return kind;
    }
    // 08 connection, 53 insufficient resources, 57P0x the server stops, crashed or starts up.
    if (sqlstate.starts_with("08") || sqlstate.starts_with("53") || sqlstate.starts_with("57P0")) {
        return FailureKind::DatabaseUnreachable;
    }
    return FailureKind::ScriptFailed;
}

}  // namespace lockkeeper::migration

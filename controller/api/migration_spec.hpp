#pragma once

#include "api/database_spec.hpp"
#include "api/execution_spec.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lockkeeper::api {

/// Scripts that stand in the resource itself: file name to SQL.
struct InlineSource {
    std::map<std::string, std::string> files;
};

/// ConfigMaps in the Migration's own namespace, whose keys are joined.
struct ConfigMapSource {
    std::vector<std::string> names;
};

/// A directory of a container image, which only a Job can look into.
struct ImageSource {
    std::string reference;
    std::string path = "/migrations";
    std::string pull_policy;                ///< empty: as Kubernetes has it by default
    std::vector<std::string> pull_secrets;  ///< names
};

struct SourceSpec {
    std::variant<InlineSource, ConfigMapSource, ImageSource> from;
    std::optional<std::string> expected_digest;  ///< `sha256:…`; only a script set with this digest runs
};

/// The names are as written, neither quoted nor qualified.
struct HistorySpec {
    std::string schema = "public";
    std::string table = "lockkeeper_history";
};

/// Another tool whose history is taken over where ours is empty.
struct AdoptSpec {
    std::string from = "Auto";         ///< one of the names that the CRD lists
    std::optional<std::string> table;  ///< `table` or `schema.table`; unset: the tool's own default
};

/// Does what is not as it should be end a run before it begins, or is it only told?
enum class Severity { Warn, Fail };

struct PolicySpec {
    bool allow_out_of_order = false;              ///< `outOfOrder: Allow`
    Severity checksum_mismatch = Severity::Fail;  ///< an applied script was edited
    Severity missing_scripts = Severity::Warn;    ///< an applied script is not in the source
};

/// PostgreSQL's own settings; zero is PostgreSQL's word for no limit.
struct SessionSpec {
    std::chrono::milliseconds lock_timeout{5'000};
    std::chrono::milliseconds statement_timeout{0};
    std::optional<std::string> role;
    std::vector<std::string> search_path;  ///< empty: as the role or the database has it
    std::map<std::string, std::string> parameters;
};

struct LockSpec {
    std::optional<std::int64_t> key;  ///< unset: made of the history table's name
    std::chrono::milliseconds acquire_timeout{600'000};
    std::vector<std::int64_t> also_hold;  ///< keys of other tools
};

/// What is one transaction: each script that can be one, all of a run, or none.
enum class TransactionScope { Script, Run, None };

struct RetrySpec {
    std::chrono::milliseconds initial_delay{5'000};
    std::chrono::milliseconds max_delay{300'000};
};

/// What a user asks for. The defaults are those of the CRD, for resources that were stored before a field was there.
struct MigrationSpec {
    SecretKeyRef database_url;                         ///< without a name where there is a connection
    std::shared_ptr<const ConnectionSpec> connection;  ///< `database.connection`, of few Migrations
    TlsSpec tls;                                       ///< `database.tls`
    SourceSpec source;
    std::string layout = "Auto";  ///< one of the names that the CRD lists
    std::optional<std::string> target_version;
    std::optional<std::string> baseline;
    std::optional<AdoptSpec> adopt;
    PolicySpec policy;
    HistorySpec history;
    LockSpec lock;
    SessionSpec session;
    TransactionScope transaction = TransactionScope::Script;
    RetrySpec retry;
    ExecutionSpec execution;
    std::optional<std::chrono::milliseconds> interval;  ///< how often to look at the database for drift; unset: never
    std::vector<std::string> depends_on;                ///< Migrations of the same namespace that must be Ready first
    bool suspend = false;
};

}  // namespace lockkeeper::api

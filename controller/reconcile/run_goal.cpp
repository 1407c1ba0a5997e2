#include "reconcile/run_goal.hpp"

namespace lockkeeper::reconcile {
namespace {

migration::Severity severity_of(api::Severity severity) {
    return severity == api::Severity::Fail ? migration::Severity::Fail : migration::Severity::Warn;
}

migration::TransactionScope scope_of(api::TransactionScope scope) {
    switch (scope) {
        case api::TransactionScope::Run:
            return migration::TransactionScope::Run;
        case api::TransactionScope::None:
            return migration::TransactionScope::None;
        default:
            return migration::TransactionScope::Script;
    }
}

}  // namespace

migration::Goal run_goal(const api::MigrationSpec& spec) {
    migration::Goal goal;
    goal.target = spec.target_version;
    goal.baseline = spec.baseline;
    if (spec.adopt)
        goal.adopt = {migration::parse_tool(spec.adopt->from).value_or(migration::Tool::Auto), spec.adopt->table};
    if (spec.policy.allow_out_of_order) goal.policy.out_of_order = migration::OutOfOrder::Allow;
    goal.policy.checksum_mismatch = severity_of(spec.policy.checksum_mismatch);
    goal.policy.missing_scripts = severity_of(spec.policy.missing_scripts);
    goal.transaction = scope_of(spec.transaction);
    return goal;
}

}  // namespace lockkeeper::reconcile

#include "migration/repair.hpp"

#include "migration/adoption.hpp"
#include "migration/script_text.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

class Refused {
  public:
    explicit Refused(std::string message) : message_(std::move(message)) {}
    const std::string& message() const { return message_; }

  private:
    std::string message_;
};

const AppliedScript& row_of(const History& history, const std::string& version) {
    const auto found = std::ranges::find(history, Version(version), &AppliedScript::version);
    if (found == history.end()) throw Refused("the history has no version '" + version + "'");
    return *found;
}

const Script& script_of(const ScriptSet& scripts, const std::string& version) {
    const auto* script = scripts.find(version);
    if (script == nullptr) throw Refused("the source has no version '" + version + "'");
    return *script;
}

/// What the row says of its script, taken from the source.
AppliedScript with_script(AppliedScript row, const Script& script) {
    row.version = script.version;
    row.name = script.name;
    row.checksum = script.up_checksum;
    row.down_script = stored_way_back(script);
    row.down_checksum = script.down_checksum;
    return row;
}

AppliedScript accept_edit(const ScriptSet& scripts, const History& history, const std::string& version) {
    const auto& row = row_of(history, version);
    const auto& script = script_of(scripts, version);
    if (row.journal) throw Refused(version + " is applied in part; an edit of it can be accepted when it has ended");
    if (row.checksum == script.up_checksum) throw Refused("'" + script.up.name + "' is as it was applied");
    return with_script(row, script);
}

AppliedScript rename(const ScriptSet& scripts, const History& history, const Repair& repair) {
    const auto& row = row_of(history, repair.version);
    const auto& script = script_of(scripts, repair.renamed_to);
    if (std::ranges::any_of(history, [&](const auto& other) { return other.version == script.version; })) {
        throw Refused("the history has '" + repair.renamed_to + "' already");
    }
    if (!is_checksum_of(row.checksum, script)) {
        throw Refused("'" + script.up.name + "' is not the script that " + repair.version +
                      " was: its text is another; where the edit is right, rename first and accept the edit then");
    }
    return with_script(row, script);
}

AppliedScript settle(const ScriptSet& scripts, const History& history, const Repair& repair) {
    auto row = row_of(history, repair.version);
    if (!row.journal || !row.journal->in_doubt()) throw Refused("no statement of " + repair.version + " is in doubt");
    auto& journal = *row.journal;
    const auto& script = script_of(scripts, repair.version);
    if (journal.direction == Direction::Down && !script.down) {
        throw Refused("the source has no down script of '" + repair.version + "'");
    }
    const auto& file = journal.direction == Direction::Up ? script.up : *script.down;
    const auto text = read_script_text(file);
    if (journal.begun > text.statements.size() || checksum_of_first(file.text, text, journal.begun) != journal.prefix) {
        throw Refused("'" + file.name + "' was edited since it stopped; put it back as it was, to settle it");
    }
    if (repair.kind == Repair::Kind::StatementDone) journal.done = journal.begun;
    journal.begun = 0;
    journal.prefix = checksum_of_first(file.text, text, journal.done);
    return row;
}

RowChange change_of(const ScriptSet& scripts, const History& history, const Repair& repair) {
    switch (repair.kind) {
        case Repair::Kind::AcceptEdit:
            return {Version(repair.version), accept_edit(scripts, history, repair.version)};
        case Repair::Kind::Rename:
            return {Version(repair.version), rename(scripts, history, repair)};
        case Repair::Kind::Forget:
            return {row_of(history, repair.version).version, std::nullopt};
        default:
            return {Version(repair.version), settle(scripts, history, repair)};
    }
}

}  // namespace

RepairPlan plan_repair(const ScriptSet& scripts, const History& history, const std::vector<Repair>& repairs) {
    RepairPlan plan;
    try {
        for (const auto& repair : repairs) plan.changes.push_back(change_of(scripts, history, repair));
    } catch (const Refused& refused) {
        plan.refusal.emplace();
        plan.refusal->kind = FailureKind::InvalidSource;
        plan.refusal->message = refused.message();
    } catch (const InvalidSource& error) {
        plan.refusal = failure_of(error);
    }
    if (plan.refusal) plan.changes.clear();
    return plan;
}

}  // namespace lockkeeper::migration

#include "migration/repair.hpp"

#include "migration/same_text.hpp"
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

bool has(const History& history, const Version& version) {
    return std::ranges::find(history, version, &AppliedScript::version) != history.end();
}

AppliedScript renamed(const AppliedScript& row, const Script& script, const std::vector<Repair>& repairs) {
    const bool is_accepted = std::ranges::any_of(repairs, [&](const Repair& other) {
        return other.kind == Repair::Kind::AcceptEdit && other.version == script.version.text();
    });
    if (is_accepted || SameText(script).is_of(row.checksum)) return with_script(row, script);
    const auto [from, to] = std::pair(row.version.text(), script.version.text());
    throw Refused("'" + script.up.name + "' is not the script that " + from +
                  " was: its text is another; where that is right, say '--rename " + from + "=" + to + " --accept " +
                  to + "'");
}

AppliedScript rename(const ScriptSet& scripts, const History& history, const Repair& repair,
                     const std::vector<Repair>& repairs) {
    const auto& row = row_of(history, repair.version);
    const auto& script = script_of(scripts, repair.renamed_to);
    if (has(history, script.version)) throw Refused("the history has '" + repair.renamed_to + "' already");
    return renamed(row, script, repairs);
}

/// The scripts of a history that the source has under other versions, since they are laid out in another way now.
void add_changes_of_layout(std::vector<RowChange>& changes, const ScriptSet& scripts, const History& history,
                           const std::vector<Repair>& repairs) {
    const auto before = changes.size();
    for (const auto& script : scripts.scripts()) {
        if (script.version.is_repeatable() || has(history, script.version)) continue;
        const AppliedScript* known_as = nullptr;
        for (const auto& row : history) {
            if (scripts.find(row.version.text()) != nullptr || !same_number_and_name(script, row)) continue;
            if (known_as != nullptr) {
                throw Refused("the history has " + known_as->version.text() + " and " + row.version.text() +
                              ", and either may be '" + script.up.name +
                              "'; say which by --rename OLD=" + script.version.text());
            }
            known_as = &row;
        }
        if (known_as != nullptr) changes.push_back({known_as->version, renamed(*known_as, script, repairs)});
    }
    if (changes.size() > before) return;
    throw Refused(
        "no script of the source was applied with the same number and name under another version; by the "
        "layout " +
        std::string(to_string(scripts.layout())) + " there is nothing to change");
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

/// An edit that is accepted with a change of the name.
bool is_part_of_a_change(const Repair& repair, const std::vector<RowChange>& changes) {
    return repair.kind == Repair::Kind::AcceptEdit && std::ranges::any_of(changes, [&](const RowChange& change) {
               return change.row && change.version != change.row->version &&
                      change.row->version.text() == repair.version;
           });
}

RowChange change_of(const ScriptSet& scripts, const History& history, const Repair& repair) {
    switch (repair.kind) {
        case Repair::Kind::AcceptEdit:
            return {Version(repair.version), accept_edit(scripts, history, repair.version)};
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
        for (const auto& repair : repairs) {
            if (repair.kind == Repair::Kind::Rename) {
                plan.changes.push_back({Version(repair.version), rename(scripts, history, repair, repairs)});
            } else if (repair.kind == Repair::Kind::LayoutChanged) {
                add_changes_of_layout(plan.changes, scripts, history, repairs);
            } else if (!is_part_of_a_change(repair, plan.changes)) {
                plan.changes.push_back(change_of(scripts, history, repair));
            }
        }
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

#include "migration/plan.hpp"

#include "migration/resume.hpp"

#include <algorithm>
#include <map>

namespace lockkeeper::migration {
namespace {

using Applied = std::map<std::string_view, const AppliedScript*>;

Failure refuse(FailureKind kind, std::string message, const std::string& version = {}, const std::string& file = {}) {
    Failure failure;
    failure.kind = kind;
    failure.message = std::move(message);
    failure.version = version;
    failure.file = file;
    return failure;
}

const AppliedScript* newest(const History& history) {
    const auto found = std::ranges::max_element(history, {}, &AppliedScript::version);
    return found == history.end() ? nullptr : &*found;
}

std::optional<Failure> find_edit(const ScriptSet& scripts, const Applied& applied) {
    for (const auto& script : scripts.scripts()) {
        const auto row = applied.find(script.version.text());
        if (row == applied.end() || row->second->checksum == script.up_checksum) continue;
        return refuse(FailureKind::ChecksumMismatch,
                      "'" + script.up.name + "' was edited after it was applied; undo the edit and write a new script",
                      script.version.text(), script.up.name);
    }
    return std::nullopt;
}

std::optional<Failure> find_rename(const ScriptSet& scripts, const Plan& plan, const Applied& applied) {
    for (const auto& pending : plan.pending) {
        const auto* script = scripts.find(pending.text());
        for (const auto& missing : plan.missing) {
            if (applied.at(missing.text())->checksum != script->up_checksum) continue;
            return refuse(FailureKind::ChecksumMismatch,
                          "'" + script->up.name + "' is the applied " + missing.text() +
                              " under another name, and running it again is not safe; give it its old name back",
                          pending.text(), script->up.name);
        }
    }
    return std::nullopt;
}

std::optional<Failure> find_insertion(const ScriptSet& scripts, const Plan& plan, const History& history) {
    const auto* last = newest(history);
    if (last == nullptr || plan.pending.empty() || plan.pending.front() > last->version) return std::nullopt;
    const auto& inserted = plan.pending.front();
    return refuse(FailureKind::OutOfOrder,
                  "'" + scripts.find(inserted.text())->up.name + "' sorts before " + last->version.text() +
                      ", which is applied already; give it a higher number",
                  inserted.text(), scripts.find(inserted.text())->up.name);
}

/// The version that a target means: one of that very text, or the only one of that number.
struct Target {
    std::optional<Version> version;
    std::optional<Failure> refusal;
};

Target find_target(const ScriptSet& scripts, const History& history, const std::string& text) {
    std::vector<Version> known;
    for (const auto& script : scripts.scripts()) known.push_back(script.version);
    for (const auto& row : history) known.push_back(row.version);
    std::ranges::sort(known);
    known.erase(std::unique(known.begin(), known.end()), known.end());
    if (std::ranges::find(known, Version(text)) != known.end()) return {Version(text), std::nullopt};

    const Version wanted(text);
    std::vector<Version> same_number;
    if (wanted.number() == text) {
        std::ranges::copy_if(known, std::back_inserter(same_number), [&](const Version& version) {
            return compare_numbers(version.number(), text) == std::strong_ordering::equal && !version.number().empty();
        });
    }
    if (same_number.size() == 1) return {same_number.front(), std::nullopt};
    if (same_number.empty()) {
        return {std::nullopt, refuse(FailureKind::InvalidSource,
                                     "there is no script of the target version '" + text + "'" +
                                         (known.empty() ? "" : "; the newest is '" + known.back().text() + "'"))};
    }
    return {std::nullopt, refuse(FailureKind::InvalidSource, "the target version '" + text + "' is the number of '" +
                                                                 same_number[0].text() + "' and of '" +
                                                                 same_number[1].text() + "'; write the whole name")};
}

Step up_step(const Script& script) {
    Step step{Direction::Up,      script.version, script.name,  script.up,     {},
              script.up_checksum, std::nullopt,   std::nullopt, script.up_mode};
    if (script.down) {
        // A stored script has no file name or layout any more to say how it is run.
        step.down_script =
            (script.down_mode == TransactionMode::None ? "-- lockkeeper:no-transaction\n" : "") + script.down->text;
        step.down_checksum = script.down_checksum;
    }
    return step;
}

/// The source's down script where there is one, since its author may have mended it; else the stored one.
std::optional<Step> down_step(const ScriptSet& scripts, const AppliedScript& row) {
    const auto* script = scripts.find(row.version.text());
    if (script != nullptr && script->down) {
        return Step{Direction::Down,        row.version, row.name, *script->down,    {},
                    *script->down_checksum, {},          {},       script->down_mode};
    }
    if (!row.down_script) return std::nullopt;
    SourceFile stored{row.version.text() + ".down.sql (stored)", *row.down_script};
    return Step{Direction::Down, row.version, row.name, std::move(stored), {}, row.down_checksum.value_or(""), {}, {}};
}

std::vector<const AppliedScript*> applied_above(const History& history, const std::optional<Version>& target) {
    std::vector<const AppliedScript*> above;
    for (const auto& row : history) {
        if (!target || row.version > *target) above.push_back(&row);
    }
    // The reverse of the order in which they were applied, which is not always that of their versions.
    std::ranges::sort(above, [](const AppliedScript* a, const AppliedScript* b) {
        return a->applied_at != b->applied_at ? a->applied_at > b->applied_at : a->version > b->version;
    });
    return above;
}

void add_down_steps(Plan& plan, const ScriptSet& scripts, const std::vector<const AppliedScript*>& rows) {
    for (const auto* row : rows) {
        auto step = down_step(scripts, *row);
        if (!step) {
            plan.refusal = refuse(FailureKind::MissingDownScript,
                                  "there is no way back from " + row->version.text() + "; add '" + row->version.text() +
                                      ".down.sql' to the source",
                                  row->version.text());
            return;
        }
        plan.steps.push_back(std::move(*step));
    }
}

/// The texts of the steps, and of the way back of each that goes up: a down script that cannot run must not be stored.
void read_text(Step& step) {
    step.text = read_script_text(step.script);
    step.transactional =
        step.mode == TransactionMode::Automatic && !step.text.no_transaction && step.text.fits_a_transaction();
}

void read_texts(Plan& plan) {
    for (auto& step : plan.steps) {
        try {
            read_text(step);
            if (step.down_script) read_script_text({step.version.text() + ".down.sql", *step.down_script});
        } catch (const InvalidSource& error) {
            plan.refusal = failure_of(error);
            plan.refusal->version = step.version.text();
            return;
        }
    }
}

void add_rollback(Plan& plan, const ScriptSet& scripts, const History& history, const Goal& goal) {
    auto rows = applied_above(history, std::nullopt);
    if (goal.extent == Extent::RollBackNewest) {
        if (!rows.empty()) rows.erase(rows.begin() + 1, rows.end());
        if (goal.newest) std::erase_if(rows, [&](const auto* row) { return row->version.text() != *goal.newest; });
    }
    add_down_steps(plan, scripts, rows);
    if (!plan.refusal) read_texts(plan);
}

void add_steps(Plan& plan, const ScriptSet& scripts, const History& history, const Goal& goal) {
    if (goal.extent != Extent::ToGoal) return add_rollback(plan, scripts, history, goal);
    std::optional<Version> target;
    if (goal.target) {
        auto found = find_target(scripts, history, *goal.target);
        plan.refusal = std::move(found.refusal);
        if (plan.refusal) return;
        target = std::move(found.version);
        std::erase_if(plan.pending, [&](const Version& version) { return version > *target; });
    }
    const auto* last = newest(history);
    if (target && last != nullptr && last->version > *target) {
        if (goal.rollback == Rollback::Forbid) {
            plan.refusal = refuse(FailureKind::RollbackForbidden, "the database is at " + last->version.text() +
                                                                      ", above the target " + target->text() +
                                                                      ", and rolling back is not allowed here");
            return;
        }
        add_down_steps(plan, scripts, applied_above(history, target));
        if (plan.refusal) return;
    } else {
        plan.refusal = find_insertion(scripts, plan, history);
        if (plan.refusal) return;
    }
    for (const auto& version : plan.pending) {
        plan.steps.push_back(up_step(*scripts.find(version.text())));
    }
    read_texts(plan);
}

/// The plan where no script is in its middle.
Plan plan_settled(const ScriptSet& scripts, const History& history, const Goal& goal) {
    Plan plan;
    plan.warnings = scripts.warnings();
    Applied applied;
    for (const auto& row : history) applied.emplace(row.version.text(), &row);
    for (const auto& script : scripts.scripts()) {
        if (!applied.contains(script.version.text())) plan.pending.push_back(script.version);
    }
    for (const auto& row : history) {
        if (scripts.find(row.version.text()) == nullptr) plan.missing.push_back(row.version);
    }
    plan.refusal = find_edit(scripts, applied);
    if (!plan.refusal) plan.refusal = find_rename(scripts, plan, applied);
    if (!plan.refusal) add_steps(plan, scripts, history, goal);
    return plan;
}

Plan plan_unsettled(const ScriptSet& scripts, const History& history, const Goal& goal,
                    const AppliedScript& unfinished) {
    History settled;
    std::ranges::copy_if(history, std::back_inserter(settled), [](const auto& row) { return !row.journal; });
    auto plan = plan_settled(scripts, settled, goal);
    std::optional<Step> back;
    if (unfinished.journal->direction == Direction::Down) back = down_step(scripts, unfinished);
    try {
        if (back) read_text(*back);
        resume(plan, unfinished, std::move(back), goal);
    } catch (const InvalidSource& error) {
        plan.refusal = failure_of(error);
    }
    return plan;
}

}  // namespace

Plan make_plan(const ScriptSet& scripts, const History& history, const Goal& goal) {
    const auto unfinished = std::ranges::find_if(history, [](const auto& row) { return row.journal.has_value(); });
    auto plan = unfinished == history.end() ? plan_settled(scripts, history, goal)
                                            : plan_unsettled(scripts, history, goal, *unfinished);
    if (plan.refusal) plan.steps.clear();
    return plan;
}

}  // namespace lockkeeper::migration

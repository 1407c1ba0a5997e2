#include "migration/plan.hpp"

#include "migration/adoption.hpp"
#include "migration/baseline.hpp"
#include "migration/plan_checks.hpp"
#include "migration/resume.hpp"
#include "migration/target.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

Step up_step(const Script& script) {
    Step step{Direction::Up,      script.version, script.name,  script.up,     {},
              script.up_checksum, std::nullopt,   std::nullopt, script.up_mode};
    step.down_script = stored_way_back(script);
    step.down_checksum = script.down_checksum;
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
        if (!row.version.is_repeatable() && (!target || row.version > *target)) above.push_back(&row);
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
                                  "there is no way back from " + row->version.text() + "; " +
                                      advice_on_way_back(scripts.layout(), row->version),
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

/// Why the step cannot be part of one transaction for the whole run; names the line that says so.
Failure not_in_one_transaction(const Step& step) {
    auto failure = refuse(FailureKind::InvalidSource, "", step.version.text(), step.script.name);
    const auto& statements = step.text.statements;
    const auto alone =
        std::ranges::find_if(statements, [](const auto& each) { return needs_no_transaction(each.kind); });
    const bool by_directive = alone == statements.end();
    if (!by_directive) {
        const auto position = position_at(step.script.text, alone->begin);
        failure.line = position.line;
        failure.column = position.column;
        failure.statement = static_cast<std::size_t>(alone - statements.begin()) + 1;
        failure.excerpt = std::string(line_at(step.script.text, alone->begin));
    }
    failure.message = std::string(by_directive ? "the script says that it is no transaction"
                                               : "this statement cannot run in a transaction") +
                      ", and all scripts of this run are to be one (transaction: Run); run it before or after them, by "
                      "a targetVersion, or let each script be a transaction of its own";
    return failure;
}

void read_texts(Plan& plan, const ScriptSet& scripts, TransactionScope scope) {
    for (auto& step : plan.steps) {
        try {
            read_text(step);
            if (scope == TransactionScope::None) step.transactional = false;
            if (scope == TransactionScope::Run && !step.transactional) {
                plan.refusal = not_in_one_transaction(step);
                return;
            }
            if (step.down_script) read_script_text(*scripts.find(step.version.text())->down);
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
    if (!plan.refusal) read_texts(plan, scripts, goal.transaction);
}

void add_steps(Plan& plan, const ScriptSet& scripts, const History& history, const Goal& goal) {
    if (goal.extent != Extent::ToGoal) return add_rollback(plan, scripts, history, goal);
    std::optional<Version> target;
    if (goal.target) {
        auto found = find_target(scripts, history, *goal.target);
        plan.refusal = std::move(found.refusal);
        if (plan.refusal) return;
        target = std::move(found.version);
        std::erase_if(plan.pending, [&](const Version& version) { return lies_beyond(version, *target, scripts); });
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
    } else if (goal.policy.out_of_order == OutOfOrder::Forbid) {
        plan.refusal = find_insertion(scripts, plan, history);
        if (plan.refusal) return;
    }
    for (const auto& version : plan.pending) {
        plan.steps.push_back(up_step(*scripts.find(version.text())));
    }
    read_texts(plan, scripts, goal.transaction);
}

/// The plan where no script is in its middle.
Plan plan_settled(const ScriptSet& scripts, const History& history, const Goal& goal) {
    Plan plan;
    plan.warnings = scripts.warnings();
    Applied applied;
    for (const auto& row : history) applied.emplace(row.version.text(), &row);
    for (const auto& script : scripts.scripts()) {
        const auto row = applied.find(script.version.text());
        const bool is_new = row == applied.end();
        if (is_new || (script.version.is_repeatable() && !is_checksum_of(row->second->checksum, script)))
            plan.pending.push_back(script.version);
    }
    for (const auto& row : history) {
        if (scripts.find(row.version.text()) == nullptr) plan.missing.push_back(row.version);
    }
    check_history(plan, scripts, applied, goal);
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

Plan refused(Failure refusal) {
    Plan plan;
    plan.refusal = std::move(refusal);
    return plan;
}

/// The plan for a database that has these scripts, and no history.
Plan plan_from(Baseline baseline, const ScriptSet& scripts, const Goal& goal) {
    if (baseline.refusal) return refused(std::move(*baseline.refusal));
    auto upwards = goal;
    upwards.rollback = Rollback::Forbid;  // what is not recorded yet cannot be rolled back
    auto plan = plan_settled(scripts, history_with(baseline.records), upwards);
    plan.to_record = std::move(baseline.records);
    return plan;
}

/// The plan for a database that has the scripts up to a version, and no history.
Plan plan_from_baseline(const ScriptSet& scripts, const Goal& goal) {
    auto plan = plan_from(baseline_of(scripts, *goal.baseline), scripts, goal);
    if (plan.refusal && plan.refusal->kind == FailureKind::RollbackForbidden) {
        plan.refusal =
            refuse(FailureKind::InvalidSource, "the target '" + *goal.target + "' lies below the baseline '" +
                                                   *goal.baseline + "'; raise it, or lower the baseline");
    }
    return plan;
}

Plan plan_for(const ScriptSet& scripts, const History& history, const Goal& goal, const Foreign& foreign) {
    if (history.empty() && goal.extent == Extent::ToGoal) {
        if (foreign.refusal) return refused(*foreign.refusal);
        if (foreign.history) {
            auto plan = plan_from(adoption_of(scripts, *foreign.history), scripts, goal);
            plan.adopted_from = foreign.history->table;
            return plan;
        }
        if (goal.baseline) return plan_from_baseline(scripts, goal);
    }
    const auto unfinished = std::ranges::find_if(history, [](const auto& row) { return row.journal.has_value(); });
    return unfinished == history.end() ? plan_settled(scripts, history, goal)
                                       : plan_unsettled(scripts, history, goal, *unfinished);
}

}  // namespace

Plan make_plan(const ScriptSet& scripts, const History& history, const Goal& goal, const Foreign& foreign) {
    auto plan = plan_for(scripts, history, goal, foreign);
    if (history.empty() && goal.adopt && goal.extent == Extent::ToGoal && !foreign.history) {
        plan.warnings.emplace_back("no history of another tool was found to adopt");
    }
    if (plan.refusal) {
        plan.steps.clear();
        plan.to_record.clear();
    }
    return plan;
}

}  // namespace lockkeeper::migration

#include "migration/resume.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

Failure refuse(FailureKind kind, const AppliedScript& unfinished, const std::string& file, const std::string& message) {
    Failure failure;
    failure.kind = kind;
    failure.message = message;
    failure.version = unfinished.version.text();
    failure.file = file;
    return failure;
}

std::string progress(const Journal& journal) {
    return std::to_string(journal.done) + " of " + std::to_string(journal.statements) + " statements";
}

/// Did the statements that have run stay as they were?
std::optional<Failure> find_edit(const Step& step, const AppliedScript& unfinished) {
    const auto& journal = *unfinished.journal;
    const auto ran = std::max(journal.done, journal.begun);
    if (ran <= step.text.statements.size() && journal.prefix == checksum_of_first(step.script.text, step.text, ran))
        return std::nullopt;
    return refuse(FailureKind::ChecksumMismatch, unfinished, step.script.name,
                  "the first " + std::to_string(ran) + " statements of '" + step.script.name +
                      "' have run already and were edited since; undo that edit (statements behind them may change)");
}

void put_first(Plan& plan, Step step, const AppliedScript& unfinished) {
    step.journal = unfinished.journal;
    step.transactional = false;
    plan.refusal = find_edit(step, unfinished);
    plan.steps.insert(plan.steps.begin(), std::move(step));
}

void resume_up(Plan& plan, const AppliedScript& unfinished) {
    const auto found =
        std::ranges::find_if(plan.steps, [&](const Step& step) { return step.version == unfinished.version; });
    if (found == plan.steps.end()) {
        plan.refusal = refuse(FailureKind::StatementInDoubt, unfinished, {},
                              unfinished.version.text() + " was applied in part (" + progress(*unfinished.journal) +
                                  ") and would be passed by; put its script back into the source, aim at it or above, "
                                  "or settle it with 'lockkeeper migrate repair'");
        return;
    }
    auto step = std::move(*found);
    plan.steps.erase(found);
    put_first(plan, std::move(step), unfinished);
}

void resume_down(Plan& plan, const AppliedScript& unfinished, std::optional<Step> back, const Goal& goal) {
    if (goal.rollback == Rollback::Forbid || !back) {
        plan.refusal = refuse(FailureKind::StatementInDoubt, unfinished, {},
                              "a rollback of " + unfinished.version.text() + " stopped in its middle (" +
                                  progress(*unfinished.journal) +
                                  "); let it end by going down, or settle it with 'lockkeeper migrate repair'");
        return;
    }
    put_first(plan, std::move(*back), unfinished);
}

}  // namespace

void resume(Plan& plan, const AppliedScript& unfinished, std::optional<Step> back, const Goal& goal) {
    const bool this_one_only =
        unfinished.journal->direction == Direction::Down && goal.extent == Extent::RollBackNewest;
    if (this_one_only) {
        plan.steps.clear();
        plan.refusal.reset();
    }
    if (plan.refusal) return;
    if (unfinished.journal->direction == Direction::Up) {
        resume_up(plan, unfinished);
    } else {
        resume_down(plan, unfinished, std::move(back), goal);
    }
}

}  // namespace lockkeeper::migration

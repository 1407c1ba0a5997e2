#include "migration/run_report.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

constexpr std::size_t most_newest = 10;
constexpr std::size_t most_listed = 20;

std::vector<std::string> first_of(const std::vector<Version>& versions) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < std::min(versions.size(), most_listed); ++i) texts.push_back(versions[i].text());
    return texts;
}

}  // namespace

DatabaseState describe(const std::string& history_table, const History& history, const Plan& plan) {
    DatabaseState state;
    state.history_table = history_table;
    std::vector<const AppliedScript*> rows;
    for (const auto& row : history) {
        if (!row.journal) rows.push_back(&row);
    }
    state.applied_count = rows.size();
    const AppliedScript* last = nullptr;
    for (const auto* row : rows) {
        if (!row->version.is_repeatable() && (last == nullptr || row->version > last->version)) last = row;
    }
    if (last != nullptr) state.current_version = last->version.text();
    state.pending_count = plan.pending.size();
    state.pending = first_of(plan.pending);
    state.missing_count = plan.missing.size();
    state.missing = first_of(plan.missing);

    const auto shown = rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), most_newest));
    std::ranges::partial_sort(rows, shown, [](const AppliedScript* a, const AppliedScript* b) {
        return a->applied_at != b->applied_at ? a->applied_at > b->applied_at : a->version > b->version;
    });
    for (auto row = rows.begin(); row != shown; ++row) {
        state.newest.push_back(
            {(*row)->version.text(), (*row)->name, (*row)->checksum, (*row)->applied_at, (*row)->duration});
    }
    return state;
}

}  // namespace lockkeeper::migration

#include "engine/blockers.hpp"

namespace lockkeeper::engine {
namespace {

std::string describe(const Blocker& blocker) {
    auto what = blocker.application;
    if (!blocker.state.empty()) what += (what.empty() ? "" : ", ") + blocker.state;
    if (blocker.transaction_age) what += " for " + std::to_string(blocker.transaction_age->count()) + " s";
    return "pid " + std::to_string(blocker.pid) + (what.empty() ? "" : " (" + what + ")");
}

}  // namespace

std::string describe(const std::vector<Blocker>& blockers) {
    std::string text;
    for (const auto& blocker : blockers) text += (text.empty() ? "" : " and ") + describe(blocker);
    return text;
}

}  // namespace lockkeeper::engine

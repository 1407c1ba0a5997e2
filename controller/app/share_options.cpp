#include "app/share_options.hpp"

#include "app/options.hpp"
#include "app/session_options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string_view>

namespace lockkeeper::app {
namespace {

constexpr std::size_t longest_label = 63;

/// A DNS label, as the names of namespaces are.
bool is_namespace(std::string_view name) {
    const auto is_alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= longest_label && is_alphanumeric(name.front()) &&
           is_alphanumeric(name.back()) &&
           std::ranges::all_of(name, [&](char c) { return is_alphanumeric(c) || c == '-'; });
}

void check_namespace(const std::string& option, const std::string& name) {
    if (is_namespace(name)) return;
    throw WrongUsage(option + " is '" + name +
                     "', which is no name of a namespace; write lower-case letters, digits and '-', at most 63");
}

std::vector<std::string> read_namespaces(const ShareTexts& texts) {
    auto names = texts.namespaces;
    for (const auto& name : names) check_namespace("--namespace", name);
    std::ranges::sort(names);
    if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
        throw WrongUsage("--namespace names " + *twice + " twice; keep one of them");
    }
    return names;
}

ElectionOptions read_election(const ShareTexts& texts) {
    ElectionOptions election{.space = texts.lease_namespace,
                             .name = texts.lease_name,
                             .times = {read_duration("--leader-elect-lease-duration", texts.lease_duration),
                                       read_duration("--leader-elect-renew-deadline", texts.renew_deadline),
                                       read_duration("--leader-elect-retry-period", texts.retry_period)}};
    if (!election.space.empty()) check_namespace("--leader-elect-namespace", election.space);
    if (election.name.empty()) throw WrongUsage("--leader-elect-name is empty; write the name of a Lease");
    if (const auto wrong = what_is_wrong_with(election.times)) throw WrongUsage("--leader-elect: " + *wrong);
    return election;
}

}  // namespace

void describe_share(CLI::App& command, ShareTexts& texts) {
    command
        .add_option("--namespace", texts.namespaces,
                    "namespaces to work in, repeated or separated by commas (default: all of them)")
        ->delimiter(',');
    command.add_option("--label-selector", texts.label_selector,
                       "work on Migrations with such labels only, such as team=shop");
    command.add_flag("--leader-elect", texts.leader_elect,
                     "of several controllers with the same lease only one works; the others stand by");
    command.add_option("--leader-elect-namespace", texts.lease_namespace,
                       "namespace of the lease (default: the controller's own)");
    command.add_option("--leader-elect-name", texts.lease_name, "name of the lease")->capture_default_str();
    command
        .add_option("--leader-elect-lease-duration", texts.lease_duration,
                    "unrenewed for so long, the lease is taken over")
        ->capture_default_str();
    command
        .add_option("--leader-elect-renew-deadline", texts.renew_deadline,
                    "a leader that cannot renew for so long ends its process")
        ->capture_default_str();
    command.add_option("--leader-elect-retry-period", texts.retry_period, "between two tries to renew")
        ->capture_default_str();
}

ShareOptions read_share(const ShareTexts& texts) {
    ShareOptions share{.namespaces = read_namespaces(texts), .label_selector = texts.label_selector, .election = {}};
    if (texts.leader_elect) share.election = read_election(texts);
    return share;
}

}  // namespace lockkeeper::app

#include "reconcile/job_outcome.hpp"

#include "api/reasons.hpp"
#include "reconcile/job_pod.hpp"
#include "reconcile/runner_line.hpp"
#include "reconcile/runner_progress.hpp"

#include <algorithm>
#include <initializer_list>

namespace lockkeeper::reconcile {
namespace {

using migration::FailureKind;
using migration::Retry;

bool is_one_of(const std::string& text, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, std::string_view(text)) != words.end();
}

/// The last of the lines that a runner ends with, from a text of several lines.
std::optional<RunnerLine> last_word_in(std::string_view text) {
    while (!text.empty()) {
        const auto line_break = text.find_last_of('\n');
        const auto line = line_break == std::string_view::npos ? text : text.substr(line_break + 1);
        if (auto read = parse_runner_line(line)) {
            if (std::holds_alternative<RunnerResult>(*read) || std::holds_alternative<RunnerRefusal>(*read))
                return read;
        }
        text = line_break == std::string_view::npos ? std::string_view() : text.substr(0, line_break);
    }
    return std::nullopt;
}

/// What the runner, or a container before it, ended with: in full from the log, or else its termination message.
std::optional<RunnerLine> last_word(const ObservedJob& observed) {
    if (auto line = last_word_in(observed.log)) return line;
    for (const auto& pod : observed.pods) {
        for (const auto& container : pod.containers) {
            if (!container.terminated) continue;
            if (auto line = last_word_in(container.terminated->message)) return line;
        }
    }
    return std::nullopt;
}

const PodState::Disruption* disruption_of(const ObservedJob& observed) {
    for (const auto& pod : observed.pods) {
        if (pod.disruption) return &*pod.disruption;
    }
    return nullptr;
}

ExecutionFailure disrupted(const std::string& reason, const std::string& message) {
    const bool node_is_lost = is_one_of(reason, {"DeletionByTaintManager", "DeletionByPodGC", "NodeLost"});
    const auto details = reason + (message.empty() ? "" : ": " + message);
    if (node_is_lost) {
        return {std::string(api::reason::node_lost), "the node of the runner's pod was lost (" + details + ")",
                Retry::Soon};
    }
    return {std::string(api::reason::pod_evicted), "the runner's pod was taken away (" + details + ")", Retry::Soon};
}

ExecutionFailure of_container(const ContainerState& container) {
    const auto& end = *container.terminated;
    const auto name = "the container '" + container.name + "'";
    if (end.reason == "OOMKilled") {
        return {std::string(api::reason::out_of_memory),
                name + " needed more memory than it may have; raise spec.execution.job.resources.limits.memory",
                Retry::Slowly};
    }
    auto message = name + " ended with exit code " + std::to_string(end.exit_code) + " and without a result";
    if (!is_one_of(end.reason, {"", "Error", "Completed"})) message += " (" + end.reason + ")";
    return {std::string(api::reason::runner_failed), message, Retry::Slowly};
}

/// Why a Job has failed, where its runner has not said it.
ExecutionFailure why_failed(const ObservedJob& observed) {
    if (observed.job && observed.job->failed_reason == "DeadlineExceeded") {
        return {std::string(api::reason::deadline_exceeded),
                "the run took longer than spec.execution.timeout, and was ended", Retry::Slowly};
    }
    if (const auto* disruption = disruption_of(observed)) return disrupted(disruption->reason, disruption->message);
    for (const auto& pod : observed.pods) {
        if (is_one_of(pod.reason, {"Evicted", "NodeLost", "NodeShutdown", "Shutdown", "Terminated", "Preempting"})) {
            return disrupted(pod.reason, pod.message);
        }
    }
    for (const auto& pod : observed.pods) {
        for (const auto& container : pod.containers) {
            const bool failed =
                container.terminated && (container.terminated->exit_code != 0 || container.name == runner_container);
            if (failed && !pod.is_being_deleted) return of_container(container);
        }
    }
    return {std::string(api::reason::job_lost), "the runner's pod was deleted before it had ended", Retry::Soon};
}

ExecutionFailure refused(const RunnerRefusal& refusal) {
    return {refusal.reason, refusal.message, Retry::Slowly};
}

/// Why a runner was told to end. That it has nothing to say for itself is no cause: it has said just that.
ExecutionFailure why_interrupted(const ObservedJob& observed) {
    auto why = why_failed(observed);
    if (why.reason != api::reason::runner_failed) return why;
    return {std::string(to_string(FailureKind::Interrupted)), "the runner was told to end before it was done",
            Retry::Soon};
}

/// A source without scripts is no goal that is reached where the database has none either: its files are misnamed, or
/// it is the wrong directory.
migration::RunReport checked(const RunnerResult& result) {
    auto report = result.report;
    const bool has_nothing = report.database && report.database->applied_count == 0;
    if (report.failure || result.script_count != 0U || !has_nothing) return report;
    report.failure.emplace();
    report.failure->kind = FailureKind::InvalidSource;
    report.failure->message =
        "the source holds no script; " +
        (report.warnings.empty() ? "add one named like 0001_customers.up.sql" : report.warnings.front());
    return report;
}

/// What a result comes to; nothing where the runner was told to end, and by whom is not known yet.
std::optional<JobEnded> ended_by(const RunnerResult& result, const ObservedJob& observed) {
    const auto& failure = result.report.failure;
    if (!failure || failure->kind != FailureKind::Interrupted)
        return JobEnded{checked(result), result.source_digest, {}};
    const bool is_told = !observed.job || observed.job->has_ended() || disruption_of(observed) != nullptr;
    if (!is_told) return std::nullopt;
    return JobEnded{why_interrupted(observed), {}, {}};
}

std::optional<JobIsStuck> stuck_container(const ContainerState& container) {
    if (!container.waiting) return std::nullopt;
    const auto& [reason, message] = *container.waiting;
    const auto details = reason + (message.empty() ? "" : ": " + message);
    if (is_one_of(reason, {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
                           "ImageInspectError", "RegistryUnavailable"})) {
        return JobIsStuck{std::string(api::reason::image_pull_failed),
                          "the image of the container '" + container.name + "' cannot be had (" + details + ")"};
    }
    if (reason == "CreateContainerConfigError") {
        const bool is_secret = message.find("ecret") != std::string::npos;
        return JobIsStuck{std::string(is_secret ? api::reason::secret_not_found : api::reason::container_not_started),
                          "the container '" + container.name + "' waits for what it is to be given (" + details + ")"};
    }
    if (is_one_of(reason, {"CreateContainerError", "RunContainerError", "PreCreateHookError", "StartError"})) {
        return JobIsStuck{std::string(api::reason::container_not_started),
                          "the container '" + container.name + "' cannot be started (" + details + ")"};
    }
    return std::nullopt;
}

std::optional<JobIsStuck> what_holds_it_up(const ObservedJob& observed) {
    if (observed.pods.empty() && observed.pod_refusal) {
        const bool is_quota = observed.pod_refusal->find("exceeded quota") != std::string::npos;
        return JobIsStuck{std::string(is_quota ? api::reason::quota_exceeded : api::reason::pod_refused),
                          "the Job's pod is refused: " + *observed.pod_refusal};
    }
    for (const auto& pod : observed.pods) {
        if (pod.unschedulable) {
            return JobIsStuck{std::string(api::reason::pod_unschedulable),
                              "no node takes the runner's pod (" + *pod.unschedulable + ")"};
        }
        for (const auto& container : pod.containers) {
            if (auto stuck = stuck_container(container)) return stuck;
        }
    }
    if (observed.mount_failure) {
        const bool is_secret = observed.mount_failure->find("secret") != std::string::npos;
        return JobIsStuck{std::string(is_secret ? api::reason::secret_not_found : api::reason::container_not_started),
                          "the runner's pod waits for its volumes (" + *observed.mount_failure + ")"};
    }
    return std::nullopt;
}

std::optional<std::string> source_revision(const ObservedJob& observed) {
    for (const auto& pod : observed.pods) {
        const auto* source = pod.find(source_container);
        if (source != nullptr && !source->image_id.empty()) return source->image_id;
    }
    return std::nullopt;
}

JobVerdict verdict_on(const ObservedJob& observed) {
    if (const auto last = last_word(observed)) {
        if (const auto* refusal = std::get_if<RunnerRefusal>(&*last)) return JobEnded{refused(*refusal), {}, {}};
        if (auto ended = ended_by(std::get<RunnerResult>(*last), observed)) return *ended;
    }
    if (!observed.job) {
        return JobEnded{
            ExecutionFailure{std::string(api::reason::job_lost),
                             "the Job " + observed.name + " was deleted before its result was read", Retry::Soon},
            {},
            {}};
    }
    if (observed.job->has_ended()) return JobEnded{why_failed(observed), {}, {}};
    if (auto stuck = what_holds_it_up(observed)) return *stuck;
    return JobRuns{progress_in(observed.log)};
}

}  // namespace

JobVerdict judge(const ObservedJob& observed) {
    auto verdict = verdict_on(observed);
    if (auto* ended = std::get_if<JobEnded>(&verdict)) ended->source_revision = source_revision(observed);
    return verdict;
}

bool can_be_replaced(const ObservedJob& observed) {
    return observed.job && !observed.job->has_ended() &&
           std::ranges::none_of(observed.pods, [](const PodState& pod) { return pod.has_begun(); });
}

}  // namespace lockkeeper::reconcile

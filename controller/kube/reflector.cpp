#include "kube/reflector.hpp"

#include <utility>

namespace lockkeeper::kube {
namespace {

using Kind = ListWatchTrouble::Kind;
using std::chrono::milliseconds;

Kind kind_of(const ApiError& error) {
    switch (error.failure()) {
        case ApiFailure::Gone:
        case ApiFailure::VersionTooLarge:
            return Kind::Expired;
        case ApiFailure::Unauthorized:
        case ApiFailure::Forbidden:
            return Kind::Denied;
        case ApiFailure::NotFound:
            return Kind::NotFound;
        case ApiFailure::Throttled:
            return Kind::Throttled;
        default:
            return Kind::Failed;
    }
}

Kind kind_of(const TransportError& error) {
    switch (error.kind()) {
        case TransportError::Kind::Garbled:
            return Kind::Garbled;
        case TransportError::Kind::NoLogin:
            return Kind::Denied;
        default:
            return Kind::Unreachable;
    }
}

ListWatchTrouble trouble_of(const ApiError& error) {
    return {kind_of(error), error.status().retry_after.value_or(std::chrono::seconds(0))};
}

/// Somebody has to act, where time alone does not help.
LogLevel level_of(Kind kind) {
    return kind == Kind::Denied || kind == Kind::NotFound || kind == Kind::Garbled ? LogLevel::Error
                                                                                   : LogLevel::Warning;
}

std::string_view what_to_say(Kind kind) {
    if (kind == Kind::NotFound) return "the API server has no such kind of object; waiting until its CRD is installed";
    return "cannot list and watch; trying on";
}

/// Random, so that the watches of all replicas do not end together.
std::chrono::seconds server_timeout(const Random& random) {
    return std::chrono::seconds(300 + static_cast<int>(random() * 300));
}

}  // namespace

Reflector::Reflector(ApiClient& client, Options options, ObjectSink& sink, Clock& clock, LogSink log)
    : client_(client),
      options_(std::move(options)),
      sink_(sink),
      clock_(clock),
      log_(std::move(log)),
      rules_(options_.random) {}

void Reflector::run(const std::stop_token& stop) {
    auto step = rules_.start();
    while (true) {
        if (step.pause > milliseconds(0)) clock_.sleep(step.pause, stop);
        if (stop.stop_requested()) return;
        const auto action = step.action;
        if (const auto* const next_list = std::get_if<ListWatchStep::List>(&action)) {
            step = list(next_list->continue_token, stop);
        } else {
            step = watch(std::get<ListWatchStep::Watch>(action).resource_version, stop);
        }
    }
}

ListWatchStep Reflector::list(const std::string& continue_token, const std::stop_token& stop) {
    ListPage page;
    const auto trouble = attempt([&] {
        if (continue_token.empty()) sink_.list_begins();
        page = client_.list(
            options_.selection, {options_.page_size, continue_token},
            [this](const nlohmann::json& object) { sink_.listed(object); }, stop);
        if (page.continue_token.empty()) sink_.list_ends();
    });
    if (trouble) return rules_.list_failed(*trouble, clock_.now());
    note_success();
    return rules_.page_listed(page.resource_version, page.continue_token, clock_.now());
}

ListWatchStep Reflector::watch(const std::string& resource_version, const std::stop_token& stop) {
    const auto began = clock_.now();
    WatchEnd end{};
    end.trouble = attempt([&] { follow(resource_version, end.events, stop); });
    const auto now = clock_.now();
    end.lasted = std::chrono::duration_cast<milliseconds>(now - began);
    if (end.was_cut_short()) {
        note({Kind::Failed}, "watches end as soon as they begin");
    } else if (!end.trouble) {
        note_success();
    }
    return rules_.watch_ended(end, now);
}

void Reflector::follow(const std::string& resource_version, int& events, const std::stop_token& stop) {
    auto stream = client_.watch(options_.selection,
                                {resource_version, server_timeout(options_.random), options_.idle_limit}, stop);
    set_trouble(std::nullopt);
    try {
        while (const auto event = stream.next(stop)) {
            ++events;
            take(*event);
            note_success();
        }
    } catch (const TransportError& error) {
        // A peer that is dead, or a way to it that has forgotten us: the watch goes on where it was.
        if (error.kind() != TransportError::Kind::Idle) throw;
    }
}

void Reflector::take(const WatchEvent& event) {
    switch (event.type) {
        case WatchEvent::Type::Added:
        case WatchEvent::Type::Modified:
            sink_.changed(event.object);
            break;
        case WatchEvent::Type::Deleted:
            sink_.deleted(event.object);
            break;
        case WatchEvent::Type::Bookmark:
        case WatchEvent::Type::Error:  // thrown by the stream
            break;
    }
    rules_.saw(event.resource_version);
}

template <typename Work>
Reflector::Trouble Reflector::attempt(Work work) {
    try {
        work();
        return std::nullopt;
    } catch (const ApiError& error) {
        return note(trouble_of(error), error.what());
    } catch (const TransportError& error) {
        if (error.kind() == TransportError::Kind::Interrupted) return ListWatchTrouble{Kind::Unreachable};
        return note({kind_of(error)}, error.what());
    } catch (const std::exception& error) {
        return note({Kind::Failed}, error.what());
    }
}

ListWatchTrouble Reflector::note(ListWatchTrouble trouble, const std::string& message) {
    if (trouble.kind == Kind::Expired) return trouble;  // happens to everyone who was away for a while
    set_trouble(message);
    if (std::exchange(logged_, trouble.kind) != trouble.kind) {
        log_(level_of(trouble.kind), what_to_say(trouble.kind),
             {{"resource", options_.selection.collection.resource.plural}, {"error", message}});
    }
    return trouble;
}

void Reflector::set_trouble(std::optional<std::string> message) {
    const std::lock_guard lock(mutex_);
    trouble_ = std::move(message);
}

void Reflector::note_success() {
    set_trouble(std::nullopt);
    if (!std::exchange(logged_, std::nullopt)) return;
    log_(LogLevel::Info, "list and watch work again", {{"resource", options_.selection.collection.resource.plural}});
}

std::optional<std::string> Reflector::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

}  // namespace lockkeeper::kube

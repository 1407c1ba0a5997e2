#include "kube/leader_election.hpp"

#include <exception>
#include <utility>

namespace lockkeeper::kube {
namespace {

constexpr int most_releases = 3;

bool is(const ApiError& error, ApiFailure failure) {
    return error.failure() == failure;
}

}  // namespace

LeaderElection::LeaderElection(LeaseLock& lock, Options options, Clock& clock, LogSink log)
    : lock_(lock), options_(std::move(options)), clock_(clock), log_(std::move(log)) {}

void LeaderElection::run(const std::stop_token& stop) {
    while (!stop.stop_requested() && !has_lost()) {
        try_once(stop);
        if (has_lost()) return;
        pause(stop);
    }
    release();
}

void LeaderElection::try_once(const std::stop_token& stop) {
    if (leads() && clock_.now() >= leading_ends(renewed_, options_.times)) {
        lose("the lease was not renewed in time");
        return;
    }
    try {
        if (!renew_unread(stop)) read_and_move(stop);
        logged_.clear();
    } catch (const std::exception& error) {
        if (stop.stop_requested() || std::exchange(logged_, error.what()) == error.what()) return;
        log_(LogLevel::Warning, "cannot read or write the lease; trying on",
             {{"lease", options_.name}, {"error", error.what()}});
    }
}

/// The usual case is one request: what was written last is still there.
bool LeaderElection::renew_unread(const std::stop_token& stop) {
    if (!may_renew_unread(observed_, candidate(), clock_.now())) return false;
    try {
        write(stop);
        return true;
    } catch (const ApiError&) {
        return false;  // the server is there; what it has will tell
    }
}

void LeaderElection::read_and_move(const std::stop_token& stop) {
    if (leads()) {
        const std::lock_guard lock(mutex_);
        ++slow_paths_;
    }
    auto record = lock_.read(stop);
    if (!record) {
        observed_.reset();
        write(stop);
        return;
    }
    note(observed_, std::move(*record), clock_.now());
    switch (next_move(*observed_, candidate(), clock_.now())) {
        case LeaseMove::Wait:
            return;
        case LeaseMove::Stop:
            lose("'" + observed_->record.holder + "' has the lease");
            return;
        case LeaseMove::Take:
        case LeaseMove::Renew:
            write(stop);
    }
}

void LeaderElection::write(const std::stop_token& stop) {
    const auto asked = clock_.now();
    const auto record = held_record(observed_, options_.identity, options_.times, wall_time());
    try {
        if (observed_) {
            lock_.replace(record, stop);
        } else {
            lock_.create(record, stop);
        }
    } catch (const ApiError& error) {
        // Another one was quicker, which is how it should be among several that wait.
        if (!leads() && (is(error, ApiFailure::Conflict) || is(error, ApiFailure::AlreadyExists))) return;
        throw;
    }
    // Since before the request: the others cannot have seen the record earlier.
    observed_ = ObservedLease{record, asked};
    now_leads(asked);
}

void LeaderElection::release() {
    if (!leads()) return;
    for (int tries = 1; tries <= most_releases; ++tries) {
        try {
            lock_.replace(released_record(observed_->record, wall_time()), {});
            log_(LogLevel::Info, "released the lease", {{"lease", options_.name}});
            break;
        } catch (const ApiError& error) {
            if (!is(error, ApiFailure::Conflict)) break;  // it runs out by itself
        } catch (const std::exception&) {
            break;
        }
        try {
            auto record = lock_.read({});
            if (!record || record->holder != options_.identity) break;
            note(observed_, std::move(*record), clock_.now());
        } catch (const std::exception&) {
            break;
        }
    }
    const std::lock_guard lock(mutex_);
    state_ = State::Follows;
    changed_.notify_all();
}

void LeaderElection::pause(const std::stop_token& stop) {
    const auto until_next =
        pause_before_next_try(observed_, candidate(), options_.times, options_.random(), clock_.now());
    std::stop_token woken;
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(look_now_, false) && state_ == State::Follows) return;
        woken = pause_.emplace().get_token();
    }
    const std::stop_callback end(stop, [this] {
        const std::lock_guard lock(mutex_);
        if (pause_) pause_->request_stop();
    });
    clock_.sleep(until_next, woken);
    const std::lock_guard lock(mutex_);
    look_now_ = false;
    pause_.reset();
}

void LeaderElection::look_now() {
    const std::lock_guard lock(mutex_);
    if (state_ != State::Follows) return;
    look_now_ = true;
    if (pause_) pause_->request_stop();
}

bool LeaderElection::wait_to_lead(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    return changed_.wait(lock, stop, [this] { return state_ != State::Follows; });
}

LeaderElection::End LeaderElection::wait_while_leading(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (state_ == State::Leads && !stop.stop_requested()) {
        const auto left = leading_ends(renewed_, options_.times) - clock_.now();
        if (left <= left.zero()) {
            lock.unlock();
            lose("the lease was not renewed in time");
            return End::Lost;
        }
        const auto renewed = renewed_;
        changed_.wait_for(lock, stop, left, [&] { return state_ != State::Leads || renewed_ != renewed; });
    }
    return state_ == State::Leads ? End::Stopped : End::Lost;
}

LeaderElection::Standing LeaderElection::standing() const {
    const std::lock_guard lock(mutex_);
    Standing standing{.leads = state_ == State::Leads, .slow_paths = slow_paths_};
    if (standing.leads) standing.since_renewal = clock_.now() - renewed_;
    return standing;
}

Candidate LeaderElection::candidate() const {
    return {options_.identity, leads()};
}

bool LeaderElection::leads() const {
    const std::lock_guard lock(mutex_);
    return state_ == State::Leads;
}

bool LeaderElection::has_lost() const {
    const std::lock_guard lock(mutex_);
    return state_ == State::HasLost;
}

std::string LeaderElection::wall_time() const {
    return to_micro_time(options_.wall_clock());
}

void LeaderElection::now_leads(TimePoint asked) {
    bool is_new = false;
    {
        const std::lock_guard lock(mutex_);
        if (state_ == State::HasLost) return;  // an answer that came too late
        is_new = std::exchange(state_, State::Leads) != State::Leads;
        renewed_ = asked;
    }
    changed_.notify_all();
    if (is_new) log_(LogLevel::Info, "leading", {{"lease", options_.name}, {"identity", options_.identity}});
}

void LeaderElection::lose(const std::string& why) {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(state_, State::HasLost) == State::HasLost) return;
    }
    changed_.notify_all();
    log_(LogLevel::Error, "lost the lead", {{"lease", options_.name}, {"error", why}});
}

}  // namespace lockkeeper::kube

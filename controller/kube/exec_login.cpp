#include "kube/exec_login.hpp"

#include "kube/child_program.hpp"
#include "kube/http.hpp"

#include <algorithm>

namespace lockkeeper::kube {
namespace {

using Kind = TransportError::Kind;

constexpr std::size_t longest_complaint = 1'000;

/// What a program said on its standard error, as one line that can stand in a log.
std::string complaint(std::string errors) {
    std::ranges::replace_if(
        errors, [](unsigned char c) { return c < 0x20U || c > 0x7EU; }, ' ');
    errors.erase(errors.find_last_not_of(' ') + 1);
    if (errors.size() > longest_complaint) errors.erase(0, errors.size() - longest_complaint);
    errors.erase(0, errors.find_first_not_of(' '));
    return errors;
}

void cut_out(std::string& text, const std::string& secret) {
    if (secret.empty()) return;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret)) text.erase(at, secret.size());
}

/// A program that fails may say what it should not, if it got so far.
std::string without_credential(std::string errors, const ChildEnd& end, const std::string& api_version) {
    try {
        const auto credential = parse_exec_credential(end.output, api_version);
        cut_out(errors, credential.token.reveal());
        if (credential.certificate) cut_out(errors, credential.certificate->key.reveal());
    } catch (const InvalidExecCredential&) {  // NOLINT(bugprone-empty-catch): so there is nothing to cut out
    }
    return errors;
}

/// Whole seconds, since the year 9999 is further away than a clock can count. What has expired already is used for a
/// moment: the server decides.
std::chrono::seconds time_left(std::chrono::sys_seconds expires) {
    const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    return std::clamp<std::chrono::seconds>(expires - now, ExecLogin::shortest_pause, std::chrono::hours(24 * 365));
}

}  // namespace

ExecLogin::ExecLogin(const ClientConfig& config, Clock& clock)
    : plugin_(config.exec.value()), info_(exec_info(plugin_, config)), clock_(clock) {}

Credential ExecLogin::current(const std::stop_token& stop) {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.now();
    if (credential_ && (!expires_ || now < *expires_)) return *credential_;
    if (!failure_.empty() && now - ran_ < shortest_pause) throw TransportError(Kind::NoLogin, failure_);
    run(stop);
    return *credential_;
}

bool ExecLogin::renew(const Credential& refused, const std::stop_token& stop) {
    const std::lock_guard lock(mutex_);
    if (credential_ && *credential_ != refused) return true;
    if (credential_ && clock_.now() - ran_ < shortest_pause) return false;
    run(stop);
    return *credential_ != refused;
}

void ExecLogin::run(const std::stop_token& stop) {
    if (stop.stop_requested()) throw TransportError(Kind::Interrupted, "interrupted by a stop");
    try {
        auto fresh = ask(stop);
        const auto old = credential_ ? credential_->certificate : nullptr;
        if (old && fresh.certificate && *old == *fresh.certificate) fresh.certificate = old;
        ran_ = clock_.now();
        expires_.reset();
        if (fresh.expires) expires_ = ran_ + time_left(*fresh.expires);
        credential_ = Credential{fresh.token, fresh.certificate};
        failure_.clear();
    } catch (const std::exception& error) {
        if (stop.stop_requested()) throw TransportError(Kind::Interrupted, "interrupted by a stop");
        ran_ = clock_.now();
        failure_ = "the program that logs us in, " + plugin_.command + ", failed: " + error.what();
        throw TransportError(Kind::NoLogin, failure_);
    }
}

ExecCredential ExecLogin::ask(const std::stop_token& stop) const {
    auto environment = plugin_.environment;
    environment.push_back("KUBERNETES_EXEC_INFO=" + info_);
    const auto hint = plugin_.install_hint.empty() ? std::string() : "; " + complaint(plugin_.install_hint);
    ChildEnd end;
    try {
        end = run_child({plugin_.command, plugin_.arguments, std::move(environment), plugin_.time_limit}, stop);
    } catch (const ChildFailure& failure) {
        throw ChildFailure(failure.what() + hint);
    }
    const auto said = complaint(without_credential(end.errors, end, plugin_.api_version));
    const auto quoted = said.empty() ? std::string() : "; it said: " + said;
    if (end.exit_code != 0) throw ChildFailure("it ended with " + std::to_string(end.exit_code) + quoted + hint);
    try {
        return parse_exec_credential(end.output, plugin_.api_version);
    } catch (const InvalidExecCredential& invalid) {
        throw ChildFailure(invalid.what() + quoted);
    }
}

}  // namespace lockkeeper::kube

#include "app/leadership.hpp"

#include "app/exit_code.hpp"
#include "app/version.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <random>

namespace lockkeeper::app {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

/// As client-go's HealthzAdaptor: the leader has had its time to end by itself.
constexpr seconds tolerated_after_the_lease{20};

/// Half of the deadline: one request that gets no answer leaves time for another one.
kube::ApiClient::Options client_options(const kube::LeaseTimes& times) {
    return {.user_agent = user_agent() + " leader-election", .deadline = times.renew_deadline / 2, .tries = 1};
}

kube::NamespacedName lease_of(const ElectionOptions& options, const kube::ClientConfig& config) {
    return {options.space.empty() ? config.space : options.space, options.name};
}

kube::LogSink sink_of(const Log& log) {
    return [&log](LogLevel level, std::string_view message, const LogFields& fields) {
        log.write(level, message, fields);
    };
}

std::string new_uuid() {
    constexpr std::string_view digits = "0123456789abcdef";
    std::random_device random;
    std::string uuid = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";  // version 4, variant 1
    for (auto& c : uuid) {
        if (c == 'x') c = digits[random() % digits.size()];
    }
    return uuid;
}

prometheus::MetricFamily family(const char* name, const char* help, prometheus::MetricType type,
                                const std::string& lease, double value) {
    prometheus::ClientMetric metric;
    metric.label = {{"name", lease}};
    if (type == prometheus::MetricType::Gauge) {
        metric.gauge.value = value;
    } else {
        metric.counter.value = value;
    }
    return {name, help, type, {metric}};
}

}  // namespace

std::string new_identity() {
    std::array<char, 256> host{};
    const char* name = std::getenv("POD_NAME");
    if (name == nullptr || *name == '\0') {
        ::gethostname(host.data(), host.size() - 1);
        name = host.data();
    }
    return std::string(name) + "_" + new_uuid();
}

Leadership::Leadership(const ElectionOptions& options, const kube::ClientConfig& config, kube::Clock& clock,
                       const Log& log)
    : name_(options.name),
      times_(options.times),
      clock_(clock),
      client_(config, client_options(options.times), clock, sink_of(log)),
      lock_(client_, lease_of(options, config)),
      election_(lock_, {.name = lease_of(options, config).to_string(), .identity = new_identity(), .times = times_},
                clock, sink_of(log)),
      watch_(
          client_, lease_of(options, config), [this] { election_.look_now(); }, clock, sink_of(log)) {}

Leadership::~Leadership() {
    resign();
}

void Leadership::stand() {
    watching_ = std::jthread([this](const std::stop_token& stop) { watch_.run(stop); });
    standing_ = std::jthread([this](const std::stop_token& stop) { election_.run(stop); });
    fencing_ = std::jthread([this](const std::stop_token& stop) { fence(stop); });
}

void Leadership::fence(const std::stop_token& stop) {
    if (!election_.wait_to_lead(stop)) return;
    if (election_.wait_while_leading(stop) == kube::LeaderElection::End::Stopped) return;
    lost_.request_stop();
    clock_.sleep(times_.lease_duration - times_.renew_deadline, stop);
    // Only sessions of databases are left behind; the servers end them and roll back what was open.
    if (!stop.stop_requested()) ::_exit(static_cast<int>(ExitCode::Failed));
}

bool Leadership::wait_to_lead(const std::stop_token& stop) {
    if (!election_.wait_to_lead(stop)) return false;
    watching_.request_stop();
    return true;
}

bool Leadership::holds_lease() const {
    const auto standing = election_.standing();
    return standing.leads && standing.since_renewal < times_.renew_deadline;
}

void Leadership::resign() {
    watching_.request_stop();
    fencing_.request_stop();
    if (fencing_.joinable()) fencing_.join();  // from here on, the end of the lead is no loss
    standing_.request_stop();
    if (standing_.joinable()) standing_.join();
}

std::optional<std::string> Leadership::what_is_wrong() const {
    const auto standing = election_.standing();
    if (!standing.leads || standing.since_renewal <= times_.lease_duration + tolerated_after_the_lease) {
        return std::nullopt;
    }
    return "the lease was renewed last " + std::to_string(duration_cast<seconds>(standing.since_renewal).count()) +
           " s ago, and the process goes on";
}

std::vector<prometheus::MetricFamily> Leadership::Collect() const {
    using prometheus::MetricType;
    const auto standing = election_.standing();
    return {family("leader_election_master_status", "1 while this process leads", MetricType::Gauge, name_,
                   standing.leads ? 1 : 0),
            family("leader_election_slowpath_total", "Renewals that had to read the lease first", MetricType::Counter,
                   name_, static_cast<double>(standing.slow_paths))};
}

}  // namespace lockkeeper::app

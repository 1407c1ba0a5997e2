#include "app/process_metrics.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace lockkeeper::app {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily single(const char* name, const char* help, MetricType type, double value) {
    prometheus::ClientMetric metric;
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    return {name, help, type, {std::move(metric)}};
}

/// The fields of /proc/self/stat behind the program's name, which may hold spaces (proc(5) counts from 1; the first
/// here is its number 3).
std::vector<double> stat_fields() {
    std::ifstream file("/proc/self/stat");
    std::string text;
    std::getline(file, text);
    std::istringstream rest(text.substr(text.rfind(')') + 1));
    std::string state;
    rest >> state;
    std::vector<double> fields{0};
    for (double value = 0; rest >> value;) fields.push_back(value);
    fields.resize(50);
    return fields;
}

double boot_time() {
    std::ifstream file("/proc/stat");
    for (std::string word; file >> word;) {
        double seconds = 0;
        if (word == "btime" && file >> seconds) return seconds;
    }
    return 0;
}

double open_descriptors() {
    auto* const directory = ::opendir("/proc/self/fd");
    if (directory == nullptr) return 0;
    int count = 0;
    while (::readdir(directory) != nullptr) ++count;
    ::closedir(directory);
    return count - 3;  // ".", ".." and the directory itself
}

double most_descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<double>(limit.rlim_cur);
}

}  // namespace

std::vector<MetricFamily> ProcessMetrics::Collect() const {
    const auto stat = stat_fields();
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    const auto field = [&](std::size_t number) { return stat.at(number - 3); };
    return {
        single("process_cpu_seconds_total", "CPU time of this process", MetricType::Counter,
               (field(14) + field(15)) / ticks),
        single("process_start_time_seconds", "When it started, in seconds since 1970", MetricType::Gauge,
               boot_time() + field(22) / ticks),
        single("process_virtual_memory_bytes", "Virtual memory", MetricType::Gauge, field(23)),
        single("process_resident_memory_bytes", "Resident memory", MetricType::Gauge, field(24) * page),
        single("process_threads", "Threads", MetricType::Gauge, field(20)),
        single("process_open_fds", "Open descriptors", MetricType::Gauge, open_descriptors()),
        single("process_max_fds", "Most descriptors that it may open", MetricType::Gauge, most_descriptors()),
    };
}

}  // namespace lockkeeper::app

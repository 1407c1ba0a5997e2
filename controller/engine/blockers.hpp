#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace lockkeeper::engine {

/// A session that another one waits for. What it runs is not said beyond its kind: the query may hold values.
struct Blocker {
    int pid = 0;
    std::string application;  ///< its application_name, or empty
    std::string state;        ///< `idle in transaction`, `active` …; empty where this role may not see it
    std::optional<std::chrono::seconds> transaction_age;
    std::optional<std::chrono::sys_seconds> query_start;
    std::string statement;  ///< statement_tag of what it runs, or ran last
};

/// `pid 4711 (psql, idle in transaction for 12 s) and pid 4712`.
std::string describe(const std::vector<Blocker>& blockers);

}  // namespace lockkeeper::engine

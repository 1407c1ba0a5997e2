#pragma once

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

namespace lockkeeper::kube {

/// A program to run, without a shell between it and us.
struct ChildProgram {
    std::string command;  ///< a path, or a name to be looked up in PATH
    std::vector<std::string> arguments;
    std::vector<std::string> environment;  ///< `NAME=value`, added to our own, of which it replaces those of the name
    std::chrono::milliseconds time_limit;
    std::size_t largest_output = std::size_t{1} << 20U;
};

struct ChildEnd {
    int exit_code = 0;   ///< 128 plus the signal where one ended it
    std::string output;  ///< its standard output, all of it
    std::string errors;  ///< the end of its standard error
};

/// It did not start, did not end in time, or wrote too much. The message quotes nothing of its standard output.
class ChildFailure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Runs a program to its end, with nothing to read, none of our descriptors and no signal blocked. When its time is up
/// or a stop is requested, it and what it started are killed. Throws ChildFailure.
ChildEnd run_child(const ChildProgram& program, const std::stop_token& stop);

}  // namespace lockkeeper::kube

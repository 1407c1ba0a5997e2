#pragma once

#include "app/exit_code.hpp"

#include <functional>

namespace lockkeeper::app {

/// What every main of ours does around its work: says what is wrong on standard error. The process's exit code.
int run_program(const std::function<ExitCode()>& work);

/// Goes on as the program `lockkeeper-controller`, which stands beside this one, with the same arguments. Throws if it
/// cannot be started. No thread of this process outlives the call, so there must be none that is needed.
[[noreturn]] void become_controller(char** argv);

}  // namespace lockkeeper::app

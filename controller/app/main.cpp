#include "app/migrate_command.hpp"
#include "app/options.hpp"
#include "app/program.hpp"
#include "app/run_command.hpp"
#include "app/stop_signal.hpp"
#include "app/version.hpp"
#include "app/wait_command.hpp"

#include <unistd.h>

#include <iostream>

namespace {

using namespace lockkeeper::app;

struct RunCommand {
    char** argv;

    ExitCode operator()(const MigrateOptions& options) const {
        const StopSignal stop;
        return run_migrate(options, {std::cout, std::cerr, ::isatty(STDERR_FILENO) == 1}, stop.token());
    }
    ExitCode operator()(const RunOptions& options) const {
        const StopSignal stop;
        return run_in_job(options, {std::cout, std::cerr}, stop.token());
    }
    ExitCode operator()(const WaitOptions& options) const {
        const StopSignal stop;
        return run_wait(options, {std::cout, std::cerr}, stop.token());
    }
    ExitCode operator()(const ControllerOptions& /*options*/) const { become_controller(argv); }
    ExitCode operator()(const ProbeOptions& /*options*/) const { become_controller(argv); }
    ExitCode operator()(const VersionOptions& /*options*/) const {
        std::cout << "lockkeeper " << version << "\n";
        return ExitCode::Done;
    }
    ExitCode operator()(const HelpText& help) const {
        std::cout << help.text;
        return ExitCode::Done;
    }
};

}  // namespace

int main(int argc, char** argv) {
    return run_program([&] { return std::visit(RunCommand{argv}, parse_command_line(argc, argv)); });
}

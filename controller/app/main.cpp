#include "app/controller_command.hpp"
#include "app/exit_code.hpp"
#include "app/migrate_command.hpp"
#include "app/options.hpp"
#include "app/stop_signal.hpp"
#include "app/version.hpp"

#include <unistd.h>

#include <iostream>

namespace {

using namespace lockkeeper::app;

struct RunCommand {
    const StopSignal& stop;

    ExitCode operator()(const MigrateOptions& options) const {
        return run_migrate(options, {std::cout, std::cerr, ::isatty(STDERR_FILENO) == 1}, stop.token());
    }
    ExitCode operator()(const ControllerOptions& options) const { return run_controller(options, stop.token()); }
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
    const StopSignal stop;
    try {
        return static_cast<int>(std::visit(RunCommand{stop}, parse_command_line(argc, argv)));
    } catch (const WrongUsage& error) {
        std::cerr << "lockkeeper: " << error.what() << "\nSee lockkeeper --help.\n";
        return static_cast<int>(ExitCode::WrongUsage);
    } catch (const std::exception& error) {
        std::cerr << "lockkeeper: " << error.what() << "\n";
        return static_cast<int>(ExitCode::Failed);
    }
}

#include "app/controller_command.hpp"
#include "app/options.hpp"
#include "app/probe_command.hpp"
#include "app/program.hpp"
#include "app/stop_signal.hpp"

#include <iostream>

/// The program that `lockkeeper controller` and `lockkeeper probe` become, with the same arguments.
int main(int argc, char** argv) {
    using namespace lockkeeper::app;
    const StopSignal stop;
    return run_program([&] {
        const auto command = parse_command_line(argc, argv);
        if (const auto* probe = std::get_if<ProbeOptions>(&command)) return run_probe(*probe, std::cout, stop.token());
        const auto* const options = std::get_if<ControllerOptions>(&command);
        if (options == nullptr) throw WrongUsage("this program only knows: lockkeeper controller, lockkeeper probe");
        return run_controller(*options, stop.token());
    });
}

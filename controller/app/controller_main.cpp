#include "app/controller_command.hpp"
#include "app/options.hpp"
#include "app/probe_command.hpp"
#include "app/program.hpp"
#include "app/stop_signal.hpp"

#include <malloc.h>

#include <iostream>

/// The program that `lockkeeper controller` and `lockkeeper probe` become, with the same arguments.
int main(int argc, char** argv) {
    using namespace lockkeeper::app;
    // glibc would give each thread a pool of its own: a twentieth more memory, and nothing gained where few are busy.
    ::mallopt(M_ARENA_MAX, 2);
    const StopSignal stop;
    return run_program([&] {
        const auto command = parse_command_line(argc, argv);
        if (const auto* probe = std::get_if<ProbeOptions>(&command)) return run_probe(*probe, std::cout, stop.token());
        const auto* const options = std::get_if<ControllerOptions>(&command);
        if (options == nullptr) throw WrongUsage("this program only knows: lockkeeper controller, lockkeeper probe");
        return run_controller(*options, stop.token());
    });
}

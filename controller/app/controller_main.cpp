#include "app/controller_command.hpp"
#include "app/options.hpp"
#include "app/program.hpp"
#include "app/stop_signal.hpp"

/// The program that `lockkeeper controller` becomes, with the same arguments.
int main(int argc, char** argv) {
    using namespace lockkeeper::app;
    const StopSignal stop;
    return run_program([&] {
        const auto command = parse_command_line(argc, argv);
        const auto* const options = std::get_if<ControllerOptions>(&command);
        if (options == nullptr) throw WrongUsage("this program only knows: lockkeeper controller");
        return run_controller(*options, stop.token());
    });
}

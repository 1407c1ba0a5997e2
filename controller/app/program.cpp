#include "app/program.hpp"

#include "app/options.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <system_error>

namespace lockkeeper::app {

int run_program(const std::function<ExitCode()>& work) {
    try {
        return static_cast<int>(work());
    } catch (const WrongUsage& error) {
        std::cerr << "lockkeeper: " << error.what() << "\nSee lockkeeper --help.\n";
        return static_cast<int>(ExitCode::WrongUsage);
    } catch (const std::exception& error) {
        std::cerr << "lockkeeper: " << error.what() << "\n";
        return static_cast<int>(ExitCode::Failed);
    }
}

void become_controller(char** argv) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").replace_filename("lockkeeper-controller");
    ::execv(program.c_str(), argv);
    throw std::system_error(errno, std::generic_category(), program.string());
}

}  // namespace lockkeeper::app

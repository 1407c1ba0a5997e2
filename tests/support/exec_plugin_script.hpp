#pragma once

#include "kube/exec_plugin.hpp"
#include "support/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace lockkeeper::tests {

/// A plugin as a shell script, which counts how often it ran. It finds its folder in $HERE.
class ExecPluginScript {
  public:
    explicit ExecPluginScript(const std::string& body) {
        folder_.write("plugin",
                      "#!/bin/sh\nHERE='" + folder_.path("").string() + "'\necho . >>\"$HERE/runs\"\n" + body);
        std::filesystem::permissions(folder_.path("plugin"), std::filesystem::perms::owner_all);
    }

    kube::ExecPlugin plugin() const {
        kube::ExecPlugin plugin;
        plugin.api_version = "client.authentication.k8s.io/v1";
        plugin.command = folder_.path("plugin").string();
        return plugin;
    }

    std::size_t runs() const { return read("runs").size() / 2; }
    const TemporaryFolder& folder() const { return folder_; }

    std::string read(const std::string& name) const {
        std::ifstream stream(folder_.path(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }

  private:
    TemporaryFolder folder_;
};

/// A line of shell that answers as a plugin does, with this as the status.
inline std::string answer_of_plugin(const std::string& status) {
    return "cat <<'END'\n{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":" +
           status + "}\nEND\n";
}

}  // namespace lockkeeper::tests

#include "kube/kubeconfig.hpp"

#include "kube/base64.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace lockkeeper::kube {
namespace {

/// Reads one file's entries, and knows how to name what is wrong with them.
class KubeconfigReader {
  public:
    explicit KubeconfigReader(const std::filesystem::path& file) : file_(file) {}

    [[noreturn]] void fail(const std::string& what) const {
        throw InvalidClientConfig("kubeconfig " + file_.string() + ": " + what);
    }

    std::string text(const YAML::Node& map, const std::string& key) const {
        const auto node = map[key];
        if (!node || node.IsNull()) return {};
        if (!node.IsScalar()) fail("line " + line_of(node) + ": " + key + " must be a string");
        return node.Scalar();
    }

    bool flag(const YAML::Node& map, const std::string& key) const {
        const auto value = text(map, key);
        if (value.empty() || value == "false") return false;
        if (value == "true") return true;
        fail("line " + line_of(map[key]) + ": " + key + " must be true or false");
    }

    std::filesystem::path path(const YAML::Node& map, const std::string& key) const {
        std::filesystem::path value = text(map, key);
        if (value.empty() || value.is_absolute()) return value;
        return file_.parent_path() / value;
    }

    Kubeconfig::Pem pem(const YAML::Node& map, const std::string& key) const {
        return {SecretText(text(map, key + "-data")), path(map, key)};
    }

    /// Calls `read(name, entry)` for each `{name: …, <kind>: {…}}` of a list.
    template <typename Read>
    void each(const YAML::Node& root, const std::string& list, const std::string& kind, Read read) const {
        const auto entries = root[list];
        if (!entries || entries.IsNull()) return;
        if (!entries.IsSequence()) fail("line " + line_of(entries) + ": " + list + " must be a list");
        for (const auto& entry : entries) {
            if (!entry.IsMap()) fail("line " + line_of(entry) + ": " + list + " must hold maps with a name");
            const auto name = text(entry, "name");
            if (name.empty()) fail("line " + line_of(entry) + ": an entry of " + list + " has no name");
            const auto body = entry[kind];
            if (body && !body.IsNull() && !body.IsMap()) {
                fail("line " + line_of(body) + ": " + kind + " of \"" + name + "\" must be a map");
            }
            read(name, body && body.IsMap() ? body : YAML::Node(YAML::NodeType::Map));
        }
    }

    Kubeconfig::Cluster cluster(const YAML::Node& map) const {
        return {.origin = file_,
                .server = text(map, "server"),
                .tls_server_name = text(map, "tls-server-name"),
                .proxy_url = SecretText(text(map, "proxy-url")),
                .has_exec_config = has_extension(map, "client.authentication.k8s.io/exec"),
                .insecure_skip_tls_verify = flag(map, "insecure-skip-tls-verify"),
                .certificate_authority = pem(map, "certificate-authority")};
    }

    Kubeconfig::User user(const YAML::Node& map) const {
        return {.origin = file_,
                .client_certificate = pem(map, "client-certificate"),
                .client_key = pem(map, "client-key"),
                .token = SecretText(text(map, "token")),
                .token_file = path(map, "tokenFile"),
                .exec = exec(map["exec"]),
                .unsupported = unsupported_login(map)};
    }

    Kubeconfig::Context context(const YAML::Node& map) const {
        return {.origin = file_,
                .cluster = text(map, "cluster"),
                .user = text(map, "user"),
                .space = text(map, "namespace")};
    }

  private:
    std::vector<std::string> texts(const YAML::Node& map, const std::string& key) const {
        const auto list = map[key];
        if (!list || list.IsNull()) return {};
        if (!list.IsSequence()) fail("line " + line_of(list) + ": " + key + " must be a list");
        std::vector<std::string> all;
        for (const auto& one : list) {
            if (!one.IsScalar()) fail("line " + line_of(one) + ": " + key + " must hold strings");
            all.push_back(one.Scalar());
        }
        return all;
    }

    std::vector<std::string> variables(const YAML::Node& map) const {
        const auto list = map["env"];
        if (!list || list.IsNull()) return {};
        if (!list.IsSequence()) fail("line " + line_of(list) + ": env must be a list");
        std::vector<std::string> all;
        for (const auto& one : list) {
            const auto name = one.IsMap() ? text(one, "name") : std::string();
            if (name.empty()) fail("line " + line_of(one) + ": env must hold maps with name and value");
            all.push_back(name + "=" + text(one, "value"));
        }
        return all;
    }

    std::optional<ExecPlugin> exec(const YAML::Node& map) const {
        if (!map || map.IsNull()) return std::nullopt;
        if (!map.IsMap()) fail("line " + line_of(map) + ": exec must be a map");
        // A path is relative to the kubeconfig; a name alone is looked up in PATH.
        const auto command = text(map, "command");
        const bool is_path = command.find('/') != std::string::npos;
        return ExecPlugin{.api_version = text(map, "apiVersion"),
                          .command = is_path ? path(map, "command").string() : command,
                          .arguments = texts(map, "args"),
                          .environment = variables(map),
                          .install_hint = text(map, "installHint"),
                          .interactive_mode = text(map, "interactiveMode"),
                          .provides_cluster_info = flag(map, "provideClusterInfo")};
    }

    bool has_extension(const YAML::Node& map, const std::string& name) const {
        const auto list = map["extensions"];
        if (!list || !list.IsSequence()) return false;
        return std::any_of(list.begin(), list.end(),
                           [&](const YAML::Node& one) { return one.IsMap() && text(one, "name") == name; });
    }

    static std::string line_of(const YAML::Node& node) { return std::to_string(node.Mark().line + 1); }

    /// Impersonation too: to pass over it would be to act with more rights than the file means to give.
    static std::string unsupported_login(const YAML::Node& map) {
        static constexpr std::array keys{"auth-provider", "username",      "password", "as",
                                         "as-uid",        "as-user-extra", "as-groups"};
        for (const auto* const key : keys) {
            if (map[key] && !map[key].IsNull()) return key;
        }
        return {};
    }

    const std::filesystem::path& file_;
};

YAML::Node load_yaml(const std::string& text, const KubeconfigReader& reader) {
    try {
        auto root = YAML::Load(text);
        if (!root.IsMap()) reader.fail("it must be a map with clusters, users and contexts");
        return root;
    } catch (const YAML::Exception& error) {
        // Its message names the rule that was broken, and quotes nothing of the file.
        reader.fail("line " + std::to_string(error.mark.line + 1) + ": this is no YAML: " + error.msg);
    }
}

}  // namespace

Kubeconfig parse_kubeconfig(const std::string& text, const std::filesystem::path& file) {
    const KubeconfigReader reader(file);
    const auto root = load_yaml(text, reader);
    Kubeconfig parsed;
    parsed.file = file;
    parsed.current_context = reader.text(root, "current-context");
    reader.each(root, "clusters", "cluster", [&](const std::string& name, const YAML::Node& map) {
        parsed.clusters.try_emplace(name, reader.cluster(map));
    });
    reader.each(root, "users", "user", [&](const std::string& name, const YAML::Node& map) {
        parsed.users.try_emplace(name, reader.user(map));
    });
    reader.each(root, "contexts", "context", [&](const std::string& name, const YAML::Node& map) {
        parsed.contexts.try_emplace(name, reader.context(map));
    });
    return parsed;
}

void merge_kubeconfig(Kubeconfig& into, const Kubeconfig& from) {
    if (into.file.empty()) into.file = from.file;
    into.clusters.insert(from.clusters.begin(), from.clusters.end());
    into.users.insert(from.users.begin(), from.users.end());
    into.contexts.insert(from.contexts.begin(), from.contexts.end());
    if (into.current_context.empty()) into.current_context = from.current_context;
}

}  // namespace lockkeeper::kube

#include "kube/kubeconfig.hpp"

#include "kube/base64.hpp"

#include <yaml-cpp/yaml.h>

#include <array>
#include <string_view>
#include <utility>

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
                .proxy_url = text(map, "proxy-url"),
                .insecure_skip_tls_verify = flag(map, "insecure-skip-tls-verify"),
                .certificate_authority = pem(map, "certificate-authority")};
    }

    Kubeconfig::User user(const YAML::Node& map) const {
        return {.origin = file_,
                .client_certificate = pem(map, "client-certificate"),
                .client_key = pem(map, "client-key"),
                .token = SecretText(text(map, "token")),
                .token_file = path(map, "tokenFile"),
                .unsupported = unsupported_login(map)};
    }

    Kubeconfig::Context context(const YAML::Node& map) const {
        return {.origin = file_,
                .cluster = text(map, "cluster"),
                .user = text(map, "user"),
                .space = text(map, "namespace")};
    }

  private:
    static std::string line_of(const YAML::Node& node) { return std::to_string(node.Mark().line + 1); }

    /// Impersonation too: to pass over it would be to act with more rights than the file means to give.
    static std::string unsupported_login(const YAML::Node& map) {
        static constexpr std::array keys{"exec", "auth-provider", "username",      "password",
                                         "as",   "as-uid",        "as-user-extra", "as-groups"};
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

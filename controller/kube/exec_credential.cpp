#include "kube/exec_credential.hpp"

#include "kube/base64.hpp"
#include "kube/tls_material.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdlib>
#include <ctime>

namespace lockkeeper::kube {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 2> known_versions{"client.authentication.k8s.io/v1",
                                                         "client.authentication.k8s.io/v1beta1"};

[[noreturn]] void fail(const std::string& what) {
    throw InvalidExecCredential(what);
}

std::string text_at(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return {};
    if (!found->is_string()) fail(std::string("its ") + key + " is no string");
    return found->get<std::string>();
}

/// `Z`, `+02:00`: the seconds to take away for UTC.
std::optional<long> offset_of(std::string_view text) {
    if (text == "Z" || text == "z") return 0;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
    const long hours = std::strtol(std::string(text.substr(1, 2)).c_str(), nullptr, 10);
    const long minutes = std::strtol(std::string(text.substr(4, 2)).c_str(), nullptr, 10);
    return (text[0] == '-' ? -1 : 1) * (hours * 3'600 + minutes * 60);
}

/// RFC 3339; a fraction of a second is cut off.
std::optional<std::chrono::sys_seconds> parse_time(const std::string& text) {
    std::tm time{};
    const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
    if (end == nullptr) return std::nullopt;
    if (*end == '.') {
        do {
            ++end;
        } while (*end >= '0' && *end <= '9');
    }
    const auto offset = offset_of(end);
    if (!offset) return std::nullopt;
    return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&time) - *offset));
}

std::shared_ptr<const ClientCertificate> certificate_of(const json& status) {
    auto chain = text_at(status, "clientCertificateData");
    auto key = text_at(status, "clientKeyData");
    if (chain.empty() != key.empty()) fail("it has only one of clientCertificateData and clientKeyData");
    if (chain.empty()) return nullptr;
    return std::make_shared<const ClientCertificate>(ClientCertificate{std::move(chain), SecretText(std::move(key))});
}

}  // namespace

std::string what_is_wrong_with(const ExecPlugin& plugin) {
    if (plugin.command.empty()) return "its exec has no command; write the program that logs in";
    if (plugin.api_version != known_versions[0] && plugin.api_version != known_versions[1]) {
        return "its exec has the apiVersion \"" + plugin.api_version + "\"; write " + std::string(known_versions[0]) +
               ", or the same with v1beta1, as the program knows it";
    }
    if (plugin.interactive_mode == "Always") {
        return "its exec has the interactiveMode Always, and there is nobody to ask; write a way to log in that needs "
               "nobody";
    }
    if (plugin.provides_cluster_info && plugin.has_cluster_config) {
        return "its exec wants the cluster's extension client.authentication.k8s.io/exec, which is not supported; "
               "write "
               "what the program needs into args or env";
    }
    return {};
}

ExecCredential parse_exec_credential(std::string_view text, const std::string& api_version) {
    const auto object = json::parse(text, nullptr, false);
    if (!object.is_object()) fail("it wrote no JSON object to its standard output");
    if (text_at(object, "kind") != "ExecCredential") fail("it wrote an object that is no ExecCredential");
    if (text_at(object, "apiVersion") != api_version)
        fail("it wrote an ExecCredential of another version than " + api_version);
    const auto status = object.find("status");
    if (status == object.end() || !status->is_object()) fail("its ExecCredential has no status");
    ExecCredential credential{SecretText(text_at(*status, "token")), certificate_of(*status), {}};
    if (credential.token.empty() && !credential.certificate) {
        fail("its ExecCredential has neither a token nor a client certificate");
    }
    if (const auto expires = text_at(*status, "expirationTimestamp"); !expires.empty()) {
        credential.expires = parse_time(expires);
        if (!credential.expires) fail("its expirationTimestamp is no time such as 2026-01-31T08:09:10Z");
    }
    return credential;
}

std::string exec_info(const ExecPlugin& plugin, const ClientConfig& config) {
    json spec{{"interactive", false}};
    if (plugin.provides_cluster_info) {
        json cluster{{"server", config.server}};
        if (!config.tls_server_name.empty()) cluster["tls-server-name"] = config.tls_server_name;
        if (config.insecure_skip_tls_verify) cluster["insecure-skip-tls-verify"] = true;
        if (!config.proxy_url.empty()) cluster["proxy-url"] = config.proxy_url.reveal();
        const auto authorities = read_pem(config.certificate_authority, "certificate-authority");
        if (!authorities.empty()) cluster["certificate-authority-data"] = encode_base64(authorities);
        spec["cluster"] = std::move(cluster);
    }
    return json{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", spec}}.dump();
}

}  // namespace lockkeeper::kube

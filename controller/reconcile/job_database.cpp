#include "reconcile/job_database.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace lockkeeper::reconcile {
namespace {

using nlohmann::json;

constexpr auto ca_path = "/run/lockkeeper-ca";
constexpr auto certificate_path = "/run/lockkeeper-certificate";
/// For the pod's group: libpq takes a key of root's that its group may read, and none that everyone may.
constexpr int for_the_group = 0440;

json secret_variable(const char* name, const api::SecretKeyRef& secret) {
    return {{"name", name}, {"valueFrom", {{"secretKeyRef", {{"name", secret.name}, {"key", secret.key}}}}}};
}

json variable(const char* name, const std::string& value) {
    return {{"name", name}, {"value", value}};
}

/// As a value of a connection string: `'it\'s'`.
std::string in_quotes(std::string_view value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

/// Without the password, which a variable brings.
std::string connection_string(const api::ConnectionSpec& connection) {
    std::string text = "host=" + in_quotes(connection.host) + " port=" + std::to_string(connection.port) +
                       " dbname=" + in_quotes(connection.database) + " user=" + in_quotes(connection.user);
    if (connection.ssl_mode) text += " sslmode=" + *connection.ssl_mode;
    for (const auto& [name, value] : connection.parameters)
        text.append(" ").append(name).append("=").append(in_quotes(value));
    return text;
}

void add_variables(const api::MigrationSpec& spec, json& variables) {
    if (!spec.connection) {
        variables.push_back(secret_variable("LOCKKEEPER_DATABASE_URL", spec.database_url));
    } else {
        variables.push_back(variable("LOCKKEEPER_DATABASE_URL", connection_string(*spec.connection)));
        if (spec.connection->password) variables.push_back(secret_variable("PGPASSWORD", *spec.connection->password));
    }
    const auto& tls = spec.tls;
    // An sslmode of the connection string goes before that of the variable.
    if (tls.ca || tls.client_certificate)
        variables.push_back(variable("PGSSLMODE", tls.ca ? "verify-full" : "require"));
    if (tls.ca) variables.push_back(variable("PGSSLROOTCERT", std::string(ca_path) + "/ca.crt"));
    if (!tls.client_certificate) return;
    variables.push_back(variable("PGSSLCERT", std::string(certificate_path) + "/tls.crt"));
    variables.push_back(variable("PGSSLKEY", std::string(certificate_path) + "/tls.key"));
}

void add_files(const char* name, const char* path, json secret, json& container, json& pod) {
    secret["defaultMode"] = for_the_group;
    pod["volumes"].push_back({{"name", name}, {"secret", std::move(secret)}});
    container["volumeMounts"].push_back({{"name", name}, {"mountPath", path}, {"readOnly", true}});
}

}  // namespace

void add_database(const api::MigrationSpec& spec, json& container, json& pod) {
    add_variables(spec, container["env"]);
    const auto& tls = spec.tls;
    if (tls.ca) {
        json items = json::array({{{"key", tls.ca->key}, {"path", "ca.crt"}}});
        add_files("ca", ca_path, {{"secretName", tls.ca->name}, {"items", std::move(items)}}, container, pod);
    }
    if (tls.client_certificate) {
        json items =
            json::array({{{"key", "tls.crt"}, {"path", "tls.crt"}}, {{"key", "tls.key"}, {"path", "tls.key"}}});
        add_files("certificate", certificate_path,
                  {{"secretName", *tls.client_certificate}, {"items", std::move(items)}}, container, pod);
    }
    if (tls.ca || tls.client_certificate) pod["securityContext"]["fsGroup"] = pod["securityContext"]["runAsGroup"];
}

json database_inputs(const api::MigrationSpec& spec) {
    json inputs{{"secret", spec.database_url.name}, {"key", spec.database_url.key}};
    if (spec.connection) {
        inputs = {{"connection", connection_string(*spec.connection)}};
        const auto& password = spec.connection->password;
        if (password) inputs["password"] = {{"secret", password->name}, {"key", password->key}};
    }
    if (spec.tls.ca) inputs["ca"] = {{"secret", spec.tls.ca->name}, {"key", spec.tls.ca->key}};
    if (spec.tls.client_certificate) inputs["certificate"] = *spec.tls.client_certificate;
    return inputs;
}

}  // namespace lockkeeper::reconcile

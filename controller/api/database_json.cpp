#include "api/database_json.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace lockkeeper::api {
namespace {

constexpr std::array modes_that_check{"require", "verify-ca", "verify-full"};

/// `{secretKeyRef: {name, key}}`
SecretKeyRef read_key_ref(const Field& field, const std::string& default_key) {
    const auto ref = field["secretKeyRef"];
    return {required_name(ref["name"]), ref["key"].is_there() ? required_name(ref["key"]) : default_key};
}

std::uint16_t read_port(const Field& field) {
    const auto port = field.integer();
    if (port == 0 || !std::in_range<std::uint16_t>(port)) {
        throw InvalidField(field.path(), "write a port, 1 to 65535");
    }
    return static_cast<std::uint16_t>(port);
}

std::string read_ssl_mode(const Field& field) {
    read_word(field, {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}, 0);
    return field.text();
}

ConnectionSpec read_connection(const Field& field) {
    ConnectionSpec connection;
    connection.host = required_name(field["host"]);
    if (field["port"].is_there()) connection.port = read_port(field["port"]);
    connection.database = required_name(field["database"]);
    connection.user = required_name(field["user"]);
    if (field["sslMode"].is_there()) connection.ssl_mode = read_ssl_mode(field["sslMode"]);
    if (field["passwordFrom"].is_there()) connection.password = read_key_ref(field["passwordFrom"], "password");
    if (field["parameters"].is_there()) connection.parameters = field["parameters"].texts();
    return connection;
}

TlsSpec read_tls(const Field& field) {
    TlsSpec tls;
    if (field["caFrom"].is_there()) tls.ca = read_key_ref(field["caFrom"], "ca.crt");
    const auto certificate = field["clientCertificateFrom"];
    if (certificate.is_there()) tls.client_certificate = required_name(certificate["secretRef"]["name"]);
    return tls;
}

void check_mode(const MigrationSpec& spec, const Field& field) {
    if (!spec.connection || !spec.connection->ssl_mode) return;
    const auto& mode = *spec.connection->ssl_mode;
    const auto path = field["connection"]["sslMode"].path();
    const bool has_tls = spec.tls.ca || spec.tls.client_certificate;
    if (has_tls && std::ranges::find(modes_that_check, mode) == modes_that_check.end()) {
        throw InvalidField(path, "with tls, write verify-full, verify-ca or require, or leave it out");
    }
    if (mode.starts_with("verify-") && !spec.tls.ca) {
        throw InvalidField(path,
                           "with " + mode + ", write tls: {caFrom: {secretKeyRef: {name: <Secret>, key: ca.crt}}}");
    }
}

}  // namespace

void read_database(const Field& field, MigrationSpec& into) {
    const auto url = field["urlFrom"];
    const auto connection = field["connection"];
    if (url.is_there() && connection.is_there()) {
        throw InvalidField(field.path(), "write urlFrom or connection, not both");
    }
    if (connection.is_there()) {
        into.connection = std::make_shared<ConnectionSpec>(read_connection(connection));
    } else {
        into.database_url = read_key_ref(url, "uri");
    }
    into.tls = read_tls(field["tls"]);
    check_mode(into, field);
}

}  // namespace lockkeeper::api

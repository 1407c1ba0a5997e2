#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace lockkeeper::api {

/// A key of a Secret in the Migration's own namespace.
struct SecretKeyRef {
    std::string name;
    std::string key = "uri";
};

/// A connection by its parts, instead of a connection string.
struct ConnectionSpec {
    std::string host;
    std::uint16_t port = 5432;
    std::string database;
    std::string user;
    std::optional<std::string> ssl_mode;  ///< unset: verify-full with a CA, else as libpq
    std::optional<SecretKeyRef> password;
    std::map<std::string, std::string> parameters;  ///< further ones of libpq, by its names
};

/// Certificates of the connection.
struct TlsSpec {
    std::optional<SecretKeyRef> ca;                 ///< who may vouch for the server
    std::optional<std::string> client_certificate;  ///< a Secret with `tls.crt` and `tls.key`
};

}  // namespace lockkeeper::api

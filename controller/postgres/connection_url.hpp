#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::postgres {

/// A connection string that cannot be used. The message never quotes it, since it may hold a password.
class InvalidConnectionUrl : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Whose file system, sockets and environment a connection string speaks of.
enum class UrlTrust {
    Owner,   ///< the user of this process wrote it: any parameter of libpq
    Tenant,  ///< someone else wrote it: no parameter that reads our files, sockets or environment
};

/// What a connection string says, in parts that someone else wrote (UrlTrust::Tenant).
struct ConnectionParts {
    std::string host;
    std::uint16_t port = 5432;
    std::string database;
    std::string user;
    std::string password;                           ///< empty: none
    std::string ssl_mode;                           ///< empty: as libpq, or as use_certificates says
    std::map<std::string, std::string> parameters;  ///< further ones of the allow-list
};

/// A certificate with its key, both in PEM.
struct ClientCertificate {
    std::string certificate;
    std::string key;
};

class PrivateFile;

/// A libpq connection string, URI or key=value, taken apart. It is a secret: it prints as `(connection string)`, and
/// only Connection can read it.
class ConnectionUrl {
  public:
    /// Throws InvalidConnectionUrl. For UrlTrust::Tenant the parameters are an allow-list, each host is a name or an
    /// address, and libpq's own defaults for files (certificates, passfile, service) are switched off.
    static ConnectionUrl parse(std::string_view text, UrlTrust trust);

    /// As parse, for UrlTrust::Tenant.
    static ConnectionUrl of_parts(const ConnectionParts& parts);

    /// Whom to trust (PEM; empty: as before) and as whom to come, in place of files. Without an `sslmode`, the server
    /// must show a certificate of that authority for the host's name or, without an authority, any. Throws
    /// InvalidConnectionUrl where the `sslmode` is one that would pass the certificates over.
    void use_certificates(const std::string& authority, const std::optional<ClientCertificate>& own);

    /// Does the text hold a password? An unreadable text counts as if it did.
    static bool holds_password(std::string_view text);

    /// Does it lead to the same database as the same user in the same way, in the same words? Certificates are compared
    /// by what they are.
    bool operator==(const ConnectionUrl& other) const;

    friend std::ostream& operator<<(std::ostream& stream, const ConnectionUrl& url);

  private:
    friend class Connection;
    struct Parameter {
        std::string keyword;
        std::string value;
    };
    void set(std::string_view keyword, std::string value);
    void set_default(std::string_view keyword, std::string value);
    const std::string* find(std::string_view keyword) const;
    const PrivateFile* file_at(const std::string& path) const;
    void set_file(std::string_view keyword, const std::string& text);
    void check_as_tenants();
    void set_defaults();

    std::vector<Parameter> parameters_;
    std::vector<std::shared_ptr<const PrivateFile>> files_;  ///< that parameters name
    bool ssl_mode_is_given_ = false;
};

}  // namespace lockkeeper::postgres

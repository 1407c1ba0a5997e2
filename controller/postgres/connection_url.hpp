#pragma once

#include <iosfwd>
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

/// A libpq connection string, URI or key=value, taken apart. It is a secret: it prints as `(connection string)`, and
/// only Connection can read it.
class ConnectionUrl {
  public:
    /// Throws InvalidConnectionUrl. For UrlTrust::Tenant the parameters are an allow-list, each host is a name or an
    /// address, and libpq's own defaults for files (certificates, passfile, service) are switched off.
    static ConnectionUrl parse(std::string_view text, UrlTrust trust);

    /// Does the text hold a password? An unreadable text counts as if it did.
    static bool holds_password(std::string_view text);

    friend std::ostream& operator<<(std::ostream& stream, const ConnectionUrl& url);

  private:
    friend class Connection;
    struct Parameter {
        std::string keyword;
        std::string value;
    };
    void set(std::string_view keyword, std::string value);
    void set_default(std::string_view keyword, std::string value);

    std::vector<Parameter> parameters_;
};

}  // namespace lockkeeper::postgres

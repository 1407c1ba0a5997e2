#include "postgres/connection_url.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>
#include <ostream>

namespace lockkeeper::postgres {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

/// What a tenant may say. Left out on purpose: passfile, service, sslcert, sslkey, sslrootcert, sslcrl, sslcrldir
/// (files of the controller), gsslib and krbsrvname (its credentials), requirepeer (sockets), options (start-up
/// options, which poolers refuse, and which could undo the session's guards), replication.
constexpr std::array tenant_parameters{"host",
                                       "hostaddr",
                                       "port",
                                       "dbname",
                                       "user",
                                       "password",
                                       "sslmode",
                                       "connect_timeout",
                                       "application_name",
                                       "fallback_application_name",
                                       "client_encoding",
                                       "keepalives",
                                       "keepalives_idle",
                                       "keepalives_interval",
                                       "keepalives_count",
                                       "tcp_user_timeout",
                                       "target_session_attrs",
                                       "channel_binding",
                                       "sslsni",
                                       "ssl_min_protocol_version",
                                       "ssl_max_protocol_version"};

Options parse_options(const std::string& text) {
    char* error = nullptr;
    Options options(PQconninfoParse(text.c_str(), &error), &PQconninfoFree);
    PQfreemem(error);  // libpq quotes the text in it
    return options;
}

bool is_file_or_socket(std::string_view host) {
    return host.empty() || host.front() == '/' || host.front() == '@';
}

/// `host` may list several, separated by commas; none may name a socket of ours, nor be left to libpq's default, which
/// is one.
void check_tenant_hosts(std::string_view hosts) {
    while (true) {
        const auto comma = hosts.find(',');
        if (is_file_or_socket(hosts.substr(0, comma))) {
            throw InvalidConnectionUrl(
                "the connection string names no host, or a socket file as host; write the name or address of the "
                "database server, as in postgresql://user@db.example:5432/shop");
        }
        if (comma == std::string_view::npos) return;
        hosts.remove_prefix(comma + 1);
    }
}

/// libpq finds a port that is no number only when it connects.
void check_ports(std::string_view ports) {
    if (ports.find_first_not_of("0123456789,") == std::string_view::npos) return;
    throw InvalidConnectionUrl(
        "the connection string has a port that is no number; write postgresql://user@host:5432/database, with special "
        "characters of the password percent-encoded");
}

}  // namespace

void ConnectionUrl::set(std::string_view keyword, std::string value) {
    const auto same = std::ranges::find(parameters_, keyword, &Parameter::keyword);
    if (same != parameters_.end()) {
        same->value = std::move(value);
    } else {
        parameters_.push_back({std::string(keyword), std::move(value)});
    }
}

void ConnectionUrl::set_default(std::string_view keyword, std::string value) {
    if (std::ranges::find(parameters_, keyword, &Parameter::keyword) == parameters_.end())
        set(keyword, std::move(value));
}

ConnectionUrl ConnectionUrl::parse(std::string_view text, UrlTrust trust) {
    const std::string copy(text);
    if (copy.empty())
        throw InvalidConnectionUrl("the connection string is empty; write postgresql://user@host:5432/database");
    const auto options = copy.find('\0') == std::string::npos ? parse_options(copy) : Options(nullptr, &PQconninfoFree);
    if (!options) {
        throw InvalidConnectionUrl(
            "the connection string cannot be read; write a URI, postgresql://user@host:5432/database, with special "
            "characters of the password percent-encoded, or key=value pairs, host=… dbname=… user=…");
    }
    ConnectionUrl url;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        if (trust == UrlTrust::Tenant &&
            std::ranges::find(tenant_parameters, std::string_view(option->keyword)) == tenant_parameters.end()) {
            throw InvalidConnectionUrl("the connection string sets '" + std::string(option->keyword) +
                                       "', which is not allowed here, because it would act on the controller's own "
                                       "files, sockets or session; remove it");
        }
        if (std::string_view(option->keyword) == "port") check_ports(option->val);
        url.set(option->keyword, option->val);
    }
    if (trust == UrlTrust::Tenant) {
        const auto host = std::ranges::find(url.parameters_, "host", &Parameter::keyword);
        const auto address = std::ranges::find(url.parameters_, "hostaddr", &Parameter::keyword);
        if (host != url.parameters_.end() || address == url.parameters_.end()) {
            check_tenant_hosts(host == url.parameters_.end() ? "" : std::string_view(host->value));
        }
        // Without these, libpq would look into the home directory and into PG* variables of this process.
        for (const auto* file : {"passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl"})
            url.set(file, "/nonexistent/none");
        url.set("gssencmode", "disable");
        url.set_default("dbname", "postgres");
        url.set_default("port", "5432");
        url.set_default("sslmode", "prefer");
        url.set_default("target_session_attrs", "any");
    }
    // A dead network must not hold a run for ever: the client notices within 30 s.
    url.set_default("keepalives_idle", "10");
    url.set_default("keepalives_interval", "5");
    url.set_default("keepalives_count", "3");
    url.set_default("tcp_user_timeout", "30000");
    url.set("client_encoding", "UTF8");
    return url;
}

bool ConnectionUrl::holds_password(std::string_view text) {
    const auto options = parse_options(std::string(text));
    if (!options) return true;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        const std::string_view keyword = option->keyword;
        if ((keyword == "password" || keyword == "sslpassword") && option->val != nullptr) return true;
    }
    return false;
}

std::ostream& operator<<(std::ostream& stream, const ConnectionUrl& /*url*/) {
    return stream << "(connection string)";
}

}  // namespace lockkeeper::postgres

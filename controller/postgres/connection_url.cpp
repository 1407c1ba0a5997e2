#include "postgres/connection_url.hpp"

#include "postgres/private_file.hpp"

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

/// What ConnectionParts has a field for.
constexpr std::array parts_of_their_own{"host", "port", "dbname", "user", "password", "sslmode"};

/// With any other one, libpq goes on without TLS, or does not look at the certificate.
constexpr std::array modes_that_check{"require", "verify-ca", "verify-full"};

template <typename Words>
bool contains(const Words& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

void check_tenant_parameter(std::string_view keyword) {
    if (contains(tenant_parameters, keyword)) return;
    throw InvalidConnectionUrl("the connection string sets '" + std::string(keyword) +
                               "', which is not allowed here, because it would act on the controller's own files, "
                               "sockets or session; remove it");
}

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
        if (trust == UrlTrust::Tenant) check_tenant_parameter(option->keyword);
        if (std::string_view(option->keyword) == "port") check_ports(option->val);
        url.set(option->keyword, option->val);
    }
    if (trust == UrlTrust::Tenant) url.check_as_tenants();
    url.set_defaults();
    return url;
}

ConnectionUrl ConnectionUrl::of_parts(const ConnectionParts& parts) {
    ConnectionUrl url;
    for (const auto& [keyword, value] : parts.parameters) {
        check_tenant_parameter(keyword);
        if (contains(parts_of_their_own, keyword)) {
            throw InvalidConnectionUrl("the parameters set '" + keyword +
                                       "', which has a field of its own; write it there");
        }
        url.set(keyword, value);
    }
    url.set("host", parts.host);
    url.set("port", std::to_string(parts.port));
    url.set("dbname", parts.database);
    url.set("user", parts.user);
    if (!parts.password.empty()) url.set("password", parts.password);
    if (!parts.ssl_mode.empty()) url.set("sslmode", parts.ssl_mode);
    url.check_as_tenants();
    url.set_defaults();
    return url;
}

void ConnectionUrl::check_as_tenants() {
    const auto* host = find("host");
    if (host != nullptr || find("hostaddr") == nullptr) check_tenant_hosts(host == nullptr ? "" : *host);
    // Without these, libpq would look into the home directory and into PG* variables of this process.
    for (const auto* file : {"passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl"}) set(file, "/nonexistent/none");
    set("gssencmode", "disable");
    set_default("dbname", "postgres");
    set_default("port", "5432");
    ssl_mode_is_given_ = find("sslmode") != nullptr;
    set_default("sslmode", "prefer");
    set_default("target_session_attrs", "any");
}

void ConnectionUrl::set_defaults() {
    // A dead network must not hold a run for ever: the client notices within 30 s.
    set_default("keepalives_idle", "10");
    set_default("keepalives_interval", "5");
    set_default("keepalives_count", "3");
    set_default("tcp_user_timeout", "30000");
    set("client_encoding", "UTF8");
}

void ConnectionUrl::use_certificates(const std::string& authority, const std::optional<ClientCertificate>& own) {
    if (!ssl_mode_is_given_) {
        set("sslmode", authority.empty() ? "require" : "verify-full");
    } else if (!contains(modes_that_check, *find("sslmode"))) {
        throw InvalidConnectionUrl(
            "the connection has certificates, and an sslmode that passes them over; write "
            "sslmode=verify-full, or leave it out");
    }
    if (!authority.empty()) set_file("sslrootcert", authority);
    if (!own) return;
    set_file("sslcert", own->certificate);
    set_file("sslkey", own->key);
}

const std::string* ConnectionUrl::find(std::string_view keyword) const {
    const auto found = std::ranges::find(parameters_, keyword, &Parameter::keyword);
    return found == parameters_.end() ? nullptr : &found->value;
}

void ConnectionUrl::set_file(std::string_view keyword, const std::string& text) {
    files_.push_back(std::make_shared<PrivateFile>(text));
    set(keyword, files_.back()->path());
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

const PrivateFile* ConnectionUrl::file_at(const std::string& path) const {
    const auto found = std::ranges::find(files_, path, [](const auto& file) { return file->path(); });
    return found == files_.end() ? nullptr : found->get();
}

bool ConnectionUrl::operator==(const ConnectionUrl& other) const {
    return std::ranges::equal(parameters_, other.parameters_, [&](const Parameter& own, const Parameter& its) {
        if (own.keyword != its.keyword) return false;
        // As long as both are there, no two files have one path.
        if (own.value == its.value) return true;
        const auto* const own_file = file_at(own.value);
        const auto* const its_file = other.file_at(its.value);
        return own_file != nullptr && its_file != nullptr && own_file->has_text_of(*its_file);
    });
}

std::ostream& operator<<(std::ostream& stream, const ConnectionUrl& /*url*/) {
    return stream << "(connection string)";
}

}  // namespace lockkeeper::postgres

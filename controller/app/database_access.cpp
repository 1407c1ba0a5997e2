#include "app/database_access.hpp"

#include "app/run_options.hpp"
#include "kube/base64.hpp"

#include <map>
#include <optional>
#include <string_view>

namespace lockkeeper::app {
namespace {

using postgres::ConnectionUrl;
using reconcile::SecretNotFound;

/// As Secrets of type kubernetes.io/tls name them.
constexpr auto certificate_key = "tls.crt";
constexpr auto private_key_key = "tls.key";

/// The Secrets of one namespace that a run needs, each asked for once.
class Secrets {
  public:
    Secrets(kube::ApiClient& client, const std::string& ns, const std::stop_token& stop)
        : client_(client), ns_(ns), stop_(stop) {}

    /// Empty where it is missing, which is remembered.
    std::string text_of(const api::SecretKeyRef& ref) {
        const auto& data = data_of(ref.name);
        if (data.is_object() && data.contains(ref.key)) {
            return kube::decode_base64(data[ref.key].get_ref<const std::string&>()).value_or("");
        }
        using What = SecretNotFound::What;
        if (!missing_) missing_ = SecretNotFound{ref.name, ref.key, data.is_null() ? What::Secret : What::Key};
        return {};
    }

    /// The first one that was asked for and is not there.
    const std::optional<SecretNotFound>& missing() const { return missing_; }

  private:
    /// Null for a Secret that is not there.
    const nlohmann::json& data_of(const std::string& name) {
        const auto known = data_.find(name);
        return known != data_.end() ? known->second : data_.emplace(name, read(name)).first->second;
    }

    nlohmann::json read(const std::string& name) {
        const kube::Resource secrets{"", "v1", "secrets"};
        try {
            return client_.get({secrets, {ns_, name}}, stop_).value("data", nlohmann::json::object());
        } catch (const kube::ApiError& error) {
            if (error.failure() != kube::ApiFailure::NotFound) throw;
            return nullptr;
        }
    }

    kube::ApiClient& client_;
    const std::string& ns_;
    const std::stop_token& stop_;
    std::map<std::string, nlohmann::json> data_;
    std::optional<SecretNotFound> missing_;
};

/// A password may end in a space, but a file of one line ends in a line break.
std::string_view without_line_break(std::string_view text) {
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

/// What the Secrets hold for a connection.
struct Texts {
    std::string connection;  ///< the connection string or, where its parts are given, the password
    std::string ca;
    std::optional<postgres::ClientCertificate> certificate;
};

Texts read_texts(const api::MigrationSpec& spec, Secrets& secrets) {
    Texts texts;
    if (!spec.connection) {
        texts.connection = secrets.text_of(spec.database_url);
    } else if (spec.connection->password) {
        texts.connection = secrets.text_of(*spec.connection->password);
    }
    const auto& tls = spec.tls;
    if (tls.ca) texts.ca = secrets.text_of(*tls.ca);
    if (tls.client_certificate) {
        const auto& name = *tls.client_certificate;
        texts.certificate = {secrets.text_of({name, certificate_key}), secrets.text_of({name, private_key_key})};
    }
    return texts;
}

ConnectionUrl url_of(const api::MigrationSpec& spec, const Texts& texts) {
    if (!spec.connection) return ConnectionUrl::parse(trimmed_url(texts.connection), postgres::UrlTrust::Tenant);
    const auto& connection = *spec.connection;
    return ConnectionUrl::of_parts({.host = connection.host,
                                    .port = connection.port,
                                    .database = connection.database,
                                    .user = connection.user,
                                    .password = std::string(without_line_break(texts.connection)),
                                    .ssl_mode = connection.ssl_mode.value_or(""),
                                    .parameters = connection.parameters});
}

}  // namespace

std::variant<ConnectionUrl, SecretNotFound> read_database_access(kube::ApiClient& client, const std::string& ns,
                                                                 const api::MigrationSpec& spec,
                                                                 const std::stop_token& stop) {
    Secrets secrets(client, ns, stop);
    const auto texts = read_texts(spec, secrets);
    if (secrets.missing()) return *secrets.missing();
    auto url = url_of(spec, texts);
    if (spec.tls.ca || texts.certificate) url.use_certificates(texts.ca, texts.certificate);
    return url;
}

}  // namespace lockkeeper::app

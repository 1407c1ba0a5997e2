#pragma once

#include <optional>
#include <string_view>

namespace lockkeeper::postgres {

/// What a failure to connect has to do with TLS, in words of our own; nothing, if it has not. libpq has no code for it,
/// so this looks for the phrases of its and OpenSSL's messages, which are in English, as this process sets no locale.
/// Nothing of the message itself is taken over, since it may name a host, a file or what a server wrote.
std::optional<std::string_view> tls_failure_of(std::string_view message);

}  // namespace lockkeeper::postgres

#pragma once

#include "kube/http.hpp"

#include <string>
#include <string_view>
#include <system_error>

namespace lockkeeper::kube {

/// What cpprestsdk reports of a failed request, sorted and in words. It tells where it failed by its message alone: the
/// codes are the system's, Asio's and OpenSSL's by turns, all in one category. `verdict`: why a certificate was not
/// trusted, or nothing.
TransportFailure transport_failure(std::string_view what, const std::error_code& code, const std::string& verdict);

}  // namespace lockkeeper::kube

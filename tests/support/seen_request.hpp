#pragma once

#include <map>
#include <string>

namespace lockkeeper::tests {

/// A request as the server got it.
struct SeenRequest {
    std::string method;
    std::string path;                            ///< as sent, without the query
    std::map<std::string, std::string> query;    ///< values as sent, encoded
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
    int connection = 0;  ///< 1 for the first connection that the server took
    std::string client;  ///< common name of the client's certificate, or empty
};

/// Reads the first line and the headers of a request; the rest has its defaults.
SeenRequest parse_head(const std::string& head);

}  // namespace lockkeeper::tests

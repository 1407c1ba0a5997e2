#include "support/seen_request.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace lockkeeper::tests {
namespace {

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

std::map<std::string, std::string> split_query(const std::string& query) {
    std::map<std::string, std::string> values;
    std::istringstream pairs(query);
    for (std::string pair; std::getline(pairs, pair, '&');) {
        const auto equals = pair.find('=');
        values[pair.substr(0, equals)] = equals == std::string::npos ? "" : pair.substr(equals + 1);
    }
    return values;
}

}  // namespace

SeenRequest parse_head(const std::string& head) {
    std::istringstream lines(head);
    SeenRequest request;
    std::string target;
    lines >> request.method >> target;
    const auto question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = split_query(target.substr(question + 1));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line) && line != "\r") {
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        auto value = line.substr(colon + 1);
        value.erase(0, value.find_first_not_of(' '));
        value.erase(value.find_last_not_of(" \r") + 1);
        request.headers[lower(line.substr(0, colon))] = value;
    }
    return request;
}

}  // namespace lockkeeper::tests

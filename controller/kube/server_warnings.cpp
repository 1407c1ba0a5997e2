#include "kube/server_warnings.hpp"

namespace lockkeeper::kube {
namespace {

/// Takes a quoted string off the front, without its quotes and backslashes.
std::string take_quoted(std::string_view& rest) {
    std::string text;
    rest.remove_prefix(1);
    while (!rest.empty() && rest.front() != '"') {
        if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
        text += rest.front();
        rest.remove_prefix(1);
    }
    if (!rest.empty()) rest.remove_prefix(1);
    return text;
}

}  // namespace

std::vector<std::string> parse_warnings(std::string_view header) {
    std::vector<std::string> texts;
    bool after_text = false;  // a second quoted string is a date
    while (!header.empty()) {
        if (header.front() == '"') {
            auto text = take_quoted(header);
            if (!after_text && !text.empty()) texts.push_back(std::move(text));
            after_text = true;
            continue;
        }
        if (header.front() == ',') after_text = false;
        header.remove_prefix(1);
    }
    return texts;
}

void ServerWarnings::note(std::string_view header) {
    for (auto& text : parse_warnings(header)) {
        {
            const std::lock_guard lock(mutex_);
            if (seen_.size() >= most || !seen_.insert(text).second) continue;
        }
        log_(LogLevel::Warning, "the API server warns", {{"warning", text}});
    }
}

}  // namespace lockkeeper::kube

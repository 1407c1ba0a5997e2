#include "kube/line_splitter.hpp"

#include "kube/http.hpp"

#include <algorithm>

namespace lockkeeper::kube {

void LineSplitter::feed(std::string_view bytes) {
    bytes_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
    bytes_ += bytes;
}

std::optional<std::string> LineSplitter::next() {
    while (true) {
        const auto end = bytes_.find('\n', scanned_);
        scanned_ = std::min(end, bytes_.size());
        if (scanned_ - begin_ > longest_line_) {
            throw TransportError(TransportError::Kind::Garbled,
                                 "a line longer than " + std::to_string(longest_line_) + " bytes");
        }
        if (end == std::string::npos) return std::nullopt;
        auto line = bytes_.substr(begin_, end - begin_);
        begin_ = scanned_ = end + 1;
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty()) return line;
    }
}

}  // namespace lockkeeper::kube

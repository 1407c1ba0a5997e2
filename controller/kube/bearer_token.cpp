#include "kube/bearer_token.hpp"

#include "kube/text_file.hpp"

namespace lockkeeper::kube {

BearerToken::BearerToken(const ClientConfig& config, Clock& clock)
    : file_(config.token_file), clock_(clock), token_(file_.empty() ? config.token : SecretText()) {}

SecretText BearerToken::current() {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.now();
    if (!file_.empty() && (token_.empty() || now - read_at_ >= lifetime)) read(now);
    return token_;
}

bool BearerToken::refresh() {
    const std::lock_guard lock(mutex_);
    if (file_.empty()) return false;
    const auto before = token_;
    read(clock_.now());
    return token_ != before;
}

void BearerToken::read(TimePoint now) {
    try {
        token_ = SecretText(read_text_file(file_));
        read_at_ = now;
    } catch (const UnreadableFile&) {
        if (token_.empty()) throw;
    }
}

}  // namespace lockkeeper::kube

#pragma once

#include <string>
#include <utility>

namespace lockkeeper::kube {

/// A token or a private key. It has no way into a log or an exception but by `reveal()`, which a reader can search for.
class SecretText {
  public:
    SecretText() = default;
    explicit SecretText(std::string text) : text_(std::move(text)) {}

    bool empty() const { return text_.empty(); }
    const std::string& reveal() const { return text_; }
    bool operator==(const SecretText&) const = default;

  private:
    std::string text_;
};

}  // namespace lockkeeper::kube

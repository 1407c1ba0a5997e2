#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace lockkeeper::api {

/// An optional whose value is on the heap, and is copied with it: for what few of many objects have.
template <typename T>
class Boxed {
  public:
    Boxed() = default;
    Boxed(T value) : value_(std::make_unique<T>(std::move(value))) {}
    Boxed(std::optional<T> value) : value_(value ? std::make_unique<T>(*std::move(value)) : nullptr) {}
    Boxed(const Boxed& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}
    Boxed(Boxed&&) noexcept = default;
    Boxed& operator=(const Boxed& other) { return *this = Boxed(other); }  // NOLINT(*-self-assignment,*54-cpp): a copy
    Boxed& operator=(Boxed&&) noexcept = default;
    ~Boxed() = default;

    explicit operator bool() const { return value_ != nullptr; }
    T& operator*() { return *value_; }
    const T& operator*() const { return *value_; }
    T* operator->() { return value_.get(); }
    const T* operator->() const { return value_.get(); }
    void reset() { value_.reset(); }

    friend bool operator==(const Boxed& left, const Boxed& right) {
        return left && right ? *left == *right : static_cast<bool>(left) == static_cast<bool>(right);
    }

  private:
    std::unique_ptr<T> value_;
};

}  // namespace lockkeeper::api

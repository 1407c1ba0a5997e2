#pragma once

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace lockkeeper::api {

/// A field has not the type or the form that it must have. The message begins with the field's path.
class InvalidField : public std::runtime_error {
  public:
    InvalidField(const std::string& path, const std::string& message) : std::runtime_error(path + ": " + message) {}
};

/// A value in a JSON document together with its path, for messages. A field that is absent or null reads as not there;
/// a value of another type than asked for is an InvalidField.
class Field {
  public:
    Field(const nlohmann::json* value, std::string path) : value_(value), path_(std::move(path)) {}

    const std::string& path() const { return path_; }
    bool is_there() const { return value_ != nullptr && !value_->is_null(); }

    /// A field of an object. Of what is not there, nothing is there.
    Field operator[](const char* name) const;

    const nlohmann::json& object() const;
    const nlohmann::json& array() const;
    const std::string& text() const;
    std::int64_t integer() const;
    bool boolean() const;

  private:
    const nlohmann::json* value_;
    std::string path_;
};

}  // namespace lockkeeper::api

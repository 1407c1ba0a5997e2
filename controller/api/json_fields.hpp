#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

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
    /// A text as parse_duration reads it.
    std::chrono::milliseconds duration() const;
    /// The items of a list, each with its place in its path: `list[0]`.
    std::vector<Field> items() const;
    /// The fields of an object, all of which are texts.
    std::map<std::string, std::string> texts() const;

  private:
    const nlohmann::json* value_;
    std::string path_;
};

/// Reads a field that is there; `into` has what holds otherwise.
void read(const Field& field, std::string& into);
void read(const Field& field, bool& into);
void read(const Field& field, std::chrono::milliseconds& into);

/// An empty text counts as not there.
std::optional<std::string> optional_text(const Field& field);
/// A text that is there and not empty.
std::string required_name(const Field& field);
/// The number of the word that a field holds; `fallback` where it is not there.
std::size_t read_word(const Field& field, std::initializer_list<std::string_view> words, std::size_t fallback);

}  // namespace lockkeeper::api

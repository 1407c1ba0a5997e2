#include "api/json_fields.hpp"

#include "api/durations.hpp"

#include <algorithm>

namespace lockkeeper::api {

Field Field::operator[](const char* name) const {
    auto path = path_.empty() ? name : path_ + "." + name;
    if (!is_there()) return {nullptr, std::move(path)};
    const auto& members = object();
    const auto found = members.find(name);
    return {found == members.end() ? nullptr : &*found, std::move(path)};
}

const nlohmann::json& Field::object() const {
    if (!is_there() || !value_->is_object()) throw InvalidField(path_, "an object is expected");
    return *value_;
}

const nlohmann::json& Field::array() const {
    if (!is_there() || !value_->is_array()) throw InvalidField(path_, "a list is expected");
    return *value_;
}

const std::string& Field::text() const {
    if (!is_there() || !value_->is_string()) throw InvalidField(path_, "a text is expected");
    return value_->get_ref<const std::string&>();
}

std::int64_t Field::integer() const {
    if (!is_there() || !value_->is_number_integer()) throw InvalidField(path_, "a whole number is expected");
    return value_->get<std::int64_t>();
}

bool Field::boolean() const {
    if (!is_there() || !value_->is_boolean()) throw InvalidField(path_, "true or false is expected");
    return value_->get<bool>();
}

std::chrono::milliseconds Field::duration() const {
    try {
        return parse_duration(text());
    } catch (const InvalidDuration& error) {
        throw InvalidField(path_, error.what());
    }
}

std::vector<Field> Field::items() const {
    std::vector<Field> items;
    for (const auto& item : array()) items.emplace_back(&item, path_ + "[" + std::to_string(items.size()) + "]");
    return items;
}

std::map<std::string, std::string> Field::texts() const {
    std::map<std::string, std::string> texts;
    for (const auto& [name, value] : object().items()) texts.emplace(name, Field(&value, path_ + "." + name).text());
    return texts;
}

void read(const Field& field, std::string& into) {
    if (field.is_there()) into = field.text();
}

void read(const Field& field, bool& into) {
    if (field.is_there()) into = field.boolean();
}

void read(const Field& field, std::chrono::milliseconds& into) {
    if (field.is_there()) into = field.duration();
}

std::optional<std::string> optional_text(const Field& field) {
    if (!field.is_there() || field.text().empty()) return std::nullopt;
    return field.text();
}

std::string required_name(const Field& field) {
    if (!field.is_there() || field.text().empty()) throw InvalidField(field.path(), "write a name");
    return field.text();
}

std::size_t read_word(const Field& field, std::initializer_list<std::string_view> words, std::size_t fallback) {
    if (!field.is_there()) return fallback;
    const auto* const found = std::ranges::find(words, std::string_view(field.text()));
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    std::string list;
    for (const auto word : words) list += (list.empty() ? "" : ", ") + std::string(word);
    throw InvalidField(field.path(), "write one of: " + list);
}

}  // namespace lockkeeper::api

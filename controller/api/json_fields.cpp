#include "api/json_fields.hpp"

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

}  // namespace lockkeeper::api

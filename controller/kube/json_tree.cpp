#include "kube/json_tree.hpp"

#include <rapidjson/reader.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockkeeper::kube {
namespace {

using nlohmann::json;

/// Whatever is sent, the stack does not grow. Strings are read where they are, which is to take every byte once.
constexpr unsigned how_to_parse =
    rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag;

/// Most texts are, and need not be looked at a second time, byte by byte, for what is no UTF-8 and so no JSON.
bool is_ascii(std::string_view text) {
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    std::uint64_t word = 0;
    for (; text.size() >= sizeof(word); text.remove_prefix(sizeof(word))) {
        std::memcpy(&word, text.data(), sizeof(word));
        if ((word & high_bits) != 0) return false;
    }
    word = 0;
    std::memcpy(&word, text.data(), text.size());
    return (word & high_bits) == 0;
}

// NOLINTBEGIN(readability-identifier-naming): the names are RapidJSON's
/// Receives what RapidJSON's reader finds. It is several times as fast as the parser of the trees' own library.
class TreeBuilder {
  public:
    using Size = rapidjson::SizeType;

    explicit TreeBuilder(const EachItem& each) : each_(each) {}

    json take() { return std::move(root_); }

    bool Null() { return add(nullptr); }
    bool Bool(bool value) { return add(value); }
    bool Int(int value) { return add(value); }
    bool Uint(unsigned value) { return add(value); }
    bool Int64(std::int64_t value) { return add(value); }
    bool Uint64(std::uint64_t value) { return add(value); }
    bool Double(double value) { return add(value); }
    bool String(const char* text, Size size, bool /*copy*/) { return add(std::string_view(text, size)); }
    bool RawNumber(const char* /*text*/, Size /*size*/, bool /*copy*/) { return false; }  // is not asked for
    bool StartObject() { return open(json::object()); }
    bool StartArray() { return open(json::array()); }
    bool EndObject(Size /*size*/) { return close(); }
    bool EndArray(Size /*size*/) { return close(); }

    bool Key(const char* text, Size size, bool /*copy*/) {
        if (depth_left_out_ > 0) return true;
        auto& key = open_.back().key;
        key.assign(text, size);
        leaves_out_next_ = open_.back().is_metadata && key == "managedFields";
        return true;
    }

  private:
    /// An object or array that is not complete.
    struct Open {
        json* value;
        bool is_metadata;
        std::string key{};  ///< of the field that is being read
    };

    template <typename Value>
    bool add(Value value) {
        if (depth_left_out_ == 0 && !std::exchange(leaves_out_next_, false)) place(json(value));
        return true;
    }

    bool open(json empty) {
        if (depth_left_out_ > 0 || std::exchange(leaves_out_next_, false)) {
            ++depth_left_out_;
            return true;
        }
        const bool is_metadata = !open_.empty() && open_.back().key == "metadata";
        open_.push_back({place(std::move(empty)), is_metadata});
        return true;
    }

    bool close() {
        if (depth_left_out_ > 0) {
            --depth_left_out_;
            return true;
        }
        if (is_item()) {
            each_(*open_.back().value);
            open_[1].value->get_ref<json::array_t&>().pop_back();
        }
        open_.pop_back();
        return true;
    }

    /// Stays where it is until the next one is placed beside it.
    json* place(json value) {
        if (open_.empty()) return &(root_ = std::move(value));
        auto& parent = *open_.back().value;
        if (!parent.is_array()) return &set(parent.get_ref<json::object_t&>(), std::move(value));
        parent.push_back(std::move(value));
        return &parent.back();
    }

    /// Fields mostly come in the order in which the object keeps them.
    json& set(json::object_t& object, json value) {
        const auto field = object.emplace_hint(object.end(), open_.back().key, nullptr);
        return field->second = std::move(value);
    }

    bool is_item() const {
        return each_ && open_.size() == 3 && open_.front().key == "items" && open_[1].value->is_array() &&
               open_[2].value->is_object();
    }

    const EachItem& each_;
    json root_;
    std::vector<Open> open_;
    bool leaves_out_next_ = false;
    std::size_t depth_left_out_ = 0;
};
// NOLINTEND(readability-identifier-naming)

}  // namespace

JsonTree parse_json_tree(std::string text, const EachItem& each) {
    constexpr auto and_validate = how_to_parse | rapidjson::kParseValidateEncodingFlag;
    const bool is_simple = is_ascii(text);
    TreeBuilder builder(each);
    rapidjson::InsituStringStream stream(text.data());
    rapidjson::Reader reader;
    const auto result =
        is_simple ? reader.Parse<how_to_parse>(stream, builder) : reader.Parse<and_validate>(stream, builder);
    if (result.IsError()) return {nullptr, result.Offset() + 1};
    if (stream.Tell() != text.size()) return {nullptr, stream.Tell() + 1};  // it takes a NUL for the end
    return {builder.take()};
}

}  // namespace lockkeeper::kube

#include "kube/json_tree.hpp"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lockkeeper::kube {
namespace {

using nlohmann::json;

/// Whatever is sent, the stack does not grow, and what is no UTF-8 is no JSON.
constexpr unsigned how_to_parse =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag;

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
        if (!parent.is_array()) return &(parent[open_.back().key] = std::move(value));
        parent.push_back(std::move(value));
        return &parent.back();
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

JsonTree parse_json_tree(std::string_view text, const EachItem& each) {
    TreeBuilder builder(each);
    rapidjson::MemoryStream stream(text.data(), text.size());
    const auto result = rapidjson::Reader().Parse<how_to_parse>(stream, builder);
    if (result.IsError()) return {nullptr, result.Offset() + 1};
    if (stream.Tell() != text.size()) return {nullptr, stream.Tell() + 1};  // it takes a NUL for the end
    return {builder.take()};
}

}  // namespace lockkeeper::kube

#include "kube/json_tree.hpp"

#include <string>
#include <utility>
#include <vector>

namespace lockkeeper::kube {
namespace {

using nlohmann::json;

/// Receives the events of nlohmann's parser, by the names that it asks for.
class TreeBuilder {
  public:
    explicit TreeBuilder(const EachItem& each) : each_(each) {}

    JsonTree take() {
        if (wrong_byte_) return {nullptr, wrong_byte_};
        return {std::move(root_)};
    }

    bool null() { return add(nullptr); }
    bool boolean(bool value) { return add(value); }
    bool number_integer(json::number_integer_t value) { return add(value); }
    bool number_unsigned(json::number_unsigned_t value) { return add(value); }
    bool number_float(json::number_float_t value, const std::string& /*text*/) { return add(value); }
    bool string(std::string& value) { return add(std::move(value)); }
    bool binary(json::binary_t& /*value*/) { return false; }  // JSON has none
    bool start_object(std::size_t /*size*/) { return open(json::object()); }
    bool start_array(std::size_t /*size*/) { return open(json::array()); }
    bool end_array() { return close(); }
    bool end_object() { return close(); }

    bool key(std::string& name) {
        if (depth_left_out_ > 0) return true;
        leaves_out_next_ = open_.back().is_metadata && name == "managedFields";
        open_.back().key = std::move(name);
        return true;
    }

    bool parse_error(std::size_t byte, const std::string& /*token*/, const json::exception& /*error*/) {
        wrong_byte_ = byte;
        return false;
    }

  private:
    /// An object or array that is not complete.
    struct Open {
        json* value;
        bool is_metadata;
        std::string key{};  ///< of the field that is being read
    };

    bool add(json value) {
        if (depth_left_out_ == 0 && !std::exchange(leaves_out_next_, false)) place(std::move(value));
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
    std::optional<std::size_t> wrong_byte_;
};

}  // namespace

JsonTree parse_json_tree(std::string_view text, const EachItem& each) {
    TreeBuilder builder(each);
    json::sax_parse(text, &builder);
    return builder.take();
}

}  // namespace lockkeeper::kube

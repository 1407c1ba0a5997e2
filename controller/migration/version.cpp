#include "migration/version.hpp"

#include <algorithm>
#include <optional>

namespace lockkeeper::migration {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view without_leading_zeros(std::string_view digits) {
    const auto first = digits.find_first_not_of('0');
    return first == std::string_view::npos ? std::string_view{} : digits.substr(first);
}

std::strong_ordering compare_parts(std::string_view left, std::string_view right) {
    left = without_leading_zeros(left);
    right = without_leading_zeros(right);
    if (left.size() != right.size()) return left.size() <=> right.size();
    return left.compare(right) <=> 0;
}

std::string_view take_part(std::string_view& rest) {
    const auto dot = std::min(rest.find('.'), rest.size());
    const auto part = rest.substr(0, dot);
    rest.remove_prefix(std::min(dot + 1, rest.size()));
    return part;
}

/// The order of two texts whose numbers have one part and equally many digits, as those of most sources have: it is
/// that of their bytes. Nothing for others.
std::optional<std::strong_ordering> compare_alike(std::string_view left, std::string_view right) {
    const auto both = std::min(left.size(), right.size());
    std::size_t digits = 0;
    while (digits < both && is_digit(left[digits]) && is_digit(right[digits])) ++digits;
    const auto ends_at = [digits](std::string_view text) {
        return digits == text.size() || (text[digits] != '.' && !is_digit(text[digits]));
    };
    if (digits == 0 || !ends_at(left) || !ends_at(right)) return std::nullopt;
    return left.compare(right) <=> 0;
}

}  // namespace

std::string_view Version::number() const {
    const std::string_view text = text_;
    std::size_t end = 0;
    while (end < text.size()) {
        if (is_digit(text[end])) {
            ++end;
        } else if (text[end] == '.' && end > 0 && end + 1 < text.size() && is_digit(text[end + 1])) {
            end += 2;
        } else {
            break;
        }
    }
    return text.substr(0, end);
}

std::strong_ordering compare_numbers(std::string_view left, std::string_view right) {
    while (!left.empty() || !right.empty()) {
        const auto order = compare_parts(take_part(left), take_part(right));
        if (order != std::strong_ordering::equal) return order;
    }
    return std::strong_ordering::equal;
}

std::strong_ordering operator<=>(const Version& left, const Version& right) {
    if (const auto order = compare_alike(left.text_, right.text_)) return *order;
    if (left.is_repeatable() != right.is_repeatable()) return left.is_repeatable() <=> right.is_repeatable();
    const auto left_number = left.number();
    const auto right_number = right.number();
    if (const auto order = compare_numbers(left_number, right_number); order != std::strong_ordering::equal) {
        return order;
    }
    const auto left_rest = std::string_view(left.text_).substr(left_number.size());
    const auto right_rest = std::string_view(right.text_).substr(right_number.size());
    if (const auto order = left_rest.compare(right_rest); order != 0) return order <=> 0;
    return left.text_.compare(right.text_) <=> 0;
}

bool same_place(const Version& left, const Version& right) {
    const auto left_number = left.number();
    const auto right_number = right.number();
    return compare_numbers(left_number, right_number) == std::strong_ordering::equal &&
           std::string_view(left.text()).substr(left_number.size()) ==
               std::string_view(right.text()).substr(right_number.size());
}

}  // namespace lockkeeper::migration

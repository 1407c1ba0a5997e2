#include "api/durations.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace lockkeeper::api {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
    std::size_t longest_number;  ///< in digits, as in the CRD, so that no sum overflows
};

constexpr std::array<Unit, 4> units{{{"h", 3'600'000, 5}, {"m", 60'000, 7}, {"s", 1'000, 9}, {"ms", 1, 9}}};

InvalidDuration refusal_of(std::string_view text) {
    std::string shown(text.substr(0, 40));  // a user's text may be of any length
    return InvalidDuration{"'" + std::move(shown) +
                           "' is not a duration; write whole numbers with the units h, m, s, ms, the largest first, "
                           "such as 5s, 1m30s or 500ms; or 0"};
}

bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

}  // namespace

std::chrono::milliseconds parse_duration(std::string_view text) {
    if (text == "0") return std::chrono::milliseconds(0);
    if (text.empty()) throw refusal_of(text);
    std::int64_t total = 0;
    std::size_t next_unit = 0;
    for (auto rest = text; !rest.empty();) {
        std::size_t digits = 0;
        while (digits < rest.size() && is_digit(rest[digits])) ++digits;
        std::size_t letters = digits;
        while (letters < rest.size() && !is_digit(rest[letters])) ++letters;
        const auto name = rest.substr(digits, letters - digits);
        while (next_unit < units.size() && units[next_unit].name != name) ++next_unit;
        if (digits == 0 || next_unit == units.size() || digits > units[next_unit].longest_number)
            throw refusal_of(text);

        std::int64_t number = 0;
        std::from_chars(rest.data(), rest.data() + digits, number);
        total += number * units[next_unit].milliseconds;
        ++next_unit;
        rest.remove_prefix(letters);
    }
    if (total > longest_duration.count()) {
        throw InvalidDuration("'" + std::string(text) + "' is too long; write a duration of at most 576h");
    }
    return std::chrono::milliseconds(total);
}

std::string format_duration(std::chrono::milliseconds duration) {
    auto rest = duration.count();
    if (rest <= 0) return "0";
    std::string text;
    for (const auto& unit : units) {
        if (const auto number = rest / unit.milliseconds; number > 0) {
            text += std::to_string(number);
            text += unit.name;
        }
        rest %= unit.milliseconds;
    }
    return text;
}

}  // namespace lockkeeper::api

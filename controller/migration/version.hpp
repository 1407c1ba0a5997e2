#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace lockkeeper::migration {

/// What identifies a script: in the paired layout the whole stem, `0103_drop_rollups`, because real projects have two
/// scripts of one number; in layouts that number their scripts strictly, the number as written.
///
/// Versions are ordered by their leading number, compared numerically and part by part (`10` after `9`, `1.10` after
/// `1.9`), then by the bytes of the rest. Numbers have no size limit:
/// `20260101120000` and a 40-digit number compare like any other. Repeatable scripts, which have none, come last.
class Version {
  public:
    explicit Version(std::string text) : text_(std::move(text)) {}

    const std::string& text() const { return text_; }
    /// The leading number with its dots, as written: `0103` of `0103_drop_rollups`, `1.10` of `1.10_x`, or empty.
    std::string_view number() const;
    /// A repeatable script of Flyway, `R__views`: no step of the schema's way, but run whenever its text has changed.
    bool is_repeatable() const { return text_.starts_with("R__"); }

    friend bool operator==(const Version&, const Version&) = default;
    friend std::strong_ordering operator<=>(const Version& left, const Version& right);

  private:
    std::string text_;
};

/// Do two versions differ in nothing but leading zeros (`1_orders` and `001_orders`)? No source may hold both.
bool same_place(const Version& left, const Version& right);

/// Compares two dotted numbers part by part and without regard to leading zeros.
std::strong_ordering compare_numbers(std::string_view left, std::string_view right);

}  // namespace lockkeeper::migration

#include "api/timestamps.hpp"

#include <array>
#include <cstdio>

namespace lockkeeper::api {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Reads from the front of a text, and remembers whether all that was asked for was there.
class Reader {
  public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool ok() const { return ok_; }
    bool at_end() const { return rest_.empty(); }

    int digits(std::size_t count) {
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) value = value * 10 + digit();
        return value;
    }

    bool skip(char expected) {
        if (rest_.empty() || rest_.front() != expected) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void expect(char expected) { ok_ = skip(expected) && ok_; }

    void skip_fraction() {
        if (!skip('.')) return;
        digit();
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') rest_.remove_prefix(1);
    }

    seconds offset() {
        if (skip('Z') || skip('z')) return seconds(0);
        const bool west = skip('-');
        if (!west) expect('+');
        const int hour = digits(2);
        expect(':');
        const int minute = digits(2);
        ok_ = ok_ && hour < 24 && minute < 60;
        const seconds east = hours(hour) + minutes(minute);
        return west ? -east : east;
    }

  private:
    int digit() {
        ok_ = ok_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
        if (!ok_) return 0;
        const int value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }

    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace

std::string to_string(Timestamp timestamp) {
    const auto day = std::chrono::floor<std::chrono::days>(timestamp);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(timestamp - day);
    std::array<char, 40> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
    Reader reader(text);
    const std::chrono::year year(reader.digits(4));
    reader.expect('-');
    const std::chrono::month month(static_cast<unsigned>(reader.digits(2)));
    reader.expect('-');
    const std::chrono::day day(static_cast<unsigned>(reader.digits(2)));
    if (!reader.skip('t')) reader.expect('T');
    const int hour = reader.digits(2);
    reader.expect(':');
    const int minute = reader.digits(2);
    reader.expect(':');
    const int second = reader.digits(2);
    reader.skip_fraction();
    const auto offset = reader.offset();

    const std::chrono::year_month_day date(year, month, day);
    // 60 is a leap second, which Go's time.Parse refuses as well.
    if (!reader.ok() || !reader.at_end() || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return std::chrono::sys_days(date) + hours(hour) + minutes(minute) + seconds(second) - offset;
}

}  // namespace lockkeeper::api

#include "migration/adoption.hpp"

#include "migration/plan_checks.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <ranges>

namespace lockkeeper::migration {
namespace {

using Mark = ForeignRow::Mark;

/// Thrown within this file only.
struct Refused {
    Failure failure;
};

[[noreturn]] void refuse_adoption(const ForeignHistory& foreign, const std::string& message,
                                  const std::string& version = {}) {
    throw Refused{refuse(FailureKind::AdoptionRefused, foreign.table + " " + message, version)};
}

std::string advice_on_failed(Tool tool, const std::string& version) {
    switch (tool) {
        case Tool::GolangMigrate:
            return "is dirty at version " + version +
                   ": golang-migrate stopped in the middle of it. Look what it has done, then say 'migrate force " +
                   version + "' if that is all of it, or undo it and force the version before";
        case Tool::Flyway:
            return "says that " + version + " failed; undo what it has done, and say 'flyway repair'";
        case Tool::Atlas:
            return "says that " + version +
                   " is applied in part; end it with 'atlas migrate apply', or 'atlas migrate set'";
        default:
            return "says that " + version + " failed; put that right with its own tool first";
    }
}

/// The last word on each version.
std::map<std::string_view, const ForeignRow*> newest_rows(const ForeignHistory& foreign) {
    std::map<std::string_view, const ForeignRow*> rows;
    for (const auto& row : foreign.rows) rows[row.version] = &row;
    return rows;
}

class Adoption {
  public:
    Adoption(const ScriptSet& scripts, const ForeignHistory& foreign) : foreign_(foreign) {
        for (const auto& script : scripts.scripts()) {
            if (script.version.is_repeatable()) {
                repeatable_.emplace(script.version.text(), &script);
                continue;
            }
            numbered_.push_back(&script);
            for (const auto& name : names_of(script)) by_name_.emplace(name, &script);
        }
    }

    std::vector<Record> records() {
        const auto rows = newest_rows(foreign_);
        for (const auto* row : rows | std::views::values) add(*row);
        std::vector<Record> records;
        for (auto& record : known_ | std::views::values) records.push_back(std::move(record));
        return records;
    }

  private:
    static std::vector<std::string> names_of(const Script& script) {
        const auto& file = script.up.name;
        std::vector<std::string> names{script.version.text(), file};
        for (const std::string_view ending : {".sql", ".up.sql"}) {
            if (file.ends_with(ending)) names.push_back(file.substr(0, file.size() - ending.size()));
        }
        return names;
    }

    void add(const ForeignRow& row) {
        switch (row.mark) {
            case Mark::Undone:
                return;
            case Mark::Failed:
                refuse_adoption(foreign_, advice_on_failed(foreign_.tool, row.version), row.version);
            case Mark::UpTo:
                if (of_number(row.version).empty()) {
                    refuse_adoption(foreign_,
                                    "says version " + row.version +
                                        ", which the source does not have, so what is applied cannot be told; put that "
                                        "script back, or name the last applied one as the baseline instead",
                                    row.version);
                }
                return add_up_to(row);
            case Mark::Baseline:
                return add_up_to(row);
            case Mark::Applied:
                if (const auto* script = find(row)) return add(*script, row);
                known_.emplace(Version(row.version), Record{Version(row.version),
                                                            row.name,
                                                            row.checksum.empty() ? unknown_checksum : row.checksum,
                                                            {},
                                                            {},
                                                            row.applied_at});
        }
    }

    void add_up_to(const ForeignRow& row) {
        for (const auto* script : numbered_) {
            if (compare_numbers(script->version.number(), row.version) == std::strong_ordering::greater) continue;
            if (row.mark == Mark::UpTo) only_one_of(script->version.number());
            known_.emplace(script->version, record_of(*script));
        }
    }

    void add(const Script& script, const ForeignRow& row) {
        auto record = record_of(script);
        record.applied_at = row.applied_at;
        if (!row.checksum.empty() && !is_checksum_of(row.checksum, script)) record.checksum = row.checksum;
        known_.insert_or_assign(script.version, std::move(record));
    }

    const Script* find(const ForeignRow& row) const {
        if (const auto found = repeatable_.find(row.version); found != repeatable_.end()) return found->second;
        if (const auto found = by_name_.find(row.version); found != by_name_.end()) return found->second;
        const bool is_number = !row.version.empty() && Version(row.version).number() == row.version;
        return is_number ? only_one_of(row.version) : nullptr;
    }

    std::vector<const Script*> of_number(std::string_view number) const {
        std::vector<const Script*> found;
        const auto by_number = [](const Script* script, std::string_view wanted) {
            return compare_numbers(script->version.number(), wanted) == std::strong_ordering::less;
        };
        for (auto at = std::lower_bound(numbered_.begin(), numbered_.end(), number, by_number);
             at != numbered_.end() && compare_numbers((*at)->version.number(), number) == std::strong_ordering::equal;
             ++at) {
            found.push_back(*at);
        }
        return found;
    }

    const Script* only_one_of(std::string_view number) const {
        const auto found = of_number(number);
        if (found.size() > 1) {
            refuse_adoption(foreign_,
                            "says version " + std::string(number) + ", which is the number of '" + found[0]->up.name +
                                "' and of '" + found[1]->up.name + "', so which of them is applied cannot be told",
                            std::string(number));
        }
        return found.empty() ? nullptr : found.front();
    }

    const ForeignHistory& foreign_;
    std::vector<const Script*> numbered_;  // ordered by version
    std::map<std::string, const Script*, std::less<>> by_name_;
    std::map<std::string, const Script*, std::less<>> repeatable_;
    std::map<Version, Record> known_;
};

constexpr std::array<std::uint32_t, 256> crc32_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        auto remainder = byte;
        for (int bit = 0; bit < 8; ++bit) {
            remainder = (remainder & 1U) != 0 ? 0xEDB88320U ^ (remainder >> 1U) : remainder >> 1U;
        }
        table[byte] = remainder;
    }
    return table;
}

}  // namespace

bool is_checksum_of(const Checksum& checksum, const Script& script) {
    if (checksum == script.up_checksum) return true;
    if (checksum == unknown_checksum) return !script.version.is_repeatable();
    return checksum.starts_with("crc32:") && checksum == flyway_checksum(script.up.text);
}

Checksum flyway_checksum(std::string_view text) {
    static constexpr auto table = crc32_table();
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    auto remainder = ~std::uint32_t{0};
    for (const char c : text) {
        if (c == '\n' || c == '\r') continue;
        remainder = table[(remainder ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (remainder >> 8U);
    }
    return "crc32:" + std::to_string(static_cast<std::int32_t>(~remainder));
}

Baseline adoption_of(const ScriptSet& scripts, const ForeignHistory& foreign) {
    try {
        return {Adoption(scripts, foreign).records(), std::nullopt};
    } catch (const Refused& refused) {
        return {{}, refused.failure};
    }
}

}  // namespace lockkeeper::migration

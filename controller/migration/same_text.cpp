#include "migration/same_text.hpp"

#include "migration/adoption.hpp"
#include "migration/lines.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

bool is_bracket_of_goose(std::string_view line) {
    if (!line.starts_with("--")) return false;
    const auto comment = trimmed(line.substr(2));
    return comment == "+goose StatementBegin" || comment == "+goose StatementEnd";
}

std::string without_brackets_of_goose(std::string_view text) {
    std::string bare;
    std::size_t from = 0;
    for (Lines lines(text); lines.next();) {
        if (!is_bracket_of_goose(lines.text())) continue;
        bare += text.substr(from, lines.begin() - from);
        from = lines.behind();
    }
    bare += text.substr(from);
    return std::string(trimmed(bare));
}

}  // namespace

SameText::SameText(const Script& script) : script_(script) {
    const auto add = [&](std::string text) {
        checksums_.push_back(checksum_of(text));
        checksums_.push_back(checksum_of(text += "\n"));
    };
    const auto as_it_is = trimmed(script.up.text);
    auto bare = without_brackets_of_goose(as_it_is);
    add(std::string(as_it_is));
    if (bare != as_it_is) add(bare);
    add("-- +goose StatementBegin\n" + std::move(bare) + "\n-- +goose StatementEnd");
}

bool SameText::is_of(const Checksum& recorded) const {
    return is_checksum_of(recorded, script_) || std::ranges::find(checksums_, recorded) != checksums_.end();
}

bool same_number_and_name(const Script& script, const AppliedScript& row) {
    return script.name == row.name && !script.version.number().empty() &&
           compare_numbers(script.version.number(), row.version.number()) == std::strong_ordering::equal;
}

}  // namespace lockkeeper::migration

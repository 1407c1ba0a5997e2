// As tern reads a folder: migrate/migrate.go of github.com/jackc/tern.
#include "migration/layout_readers.hpp"
#include "migration/lines.hpp"
#include "migration/script_name.hpp"
#include "migration/section.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

constexpr std::string_view separator = "---- create above / drop below ----";

TransactionMode mode_of(std::string_view section) {
    for (Lines lines(section); lines.next();) {
        if (trimmed(lines.text()) == "---- tern: disable-tx ----") return TransactionMode::None;
    }
    return TransactionMode::Automatic;
}

Script read_file(SourceFile file, NumberedName name) {
    const auto text = std::string_view(file.text);
    if (const auto action = text.find("{{"); action != std::string_view::npos) {
        refuse_at(file, action,
                  "templates of tern are not filled in here; write the SQL that this stands for ('{ {' for two braces "
                  "of an array)");
    }
    const auto middle = text.find(separator);
    Section up{0, std::min(middle, text.size())};
    if (text.starts_with("\xEF\xBB\xBF")) up.begin = 3;
    up.mode = mode_of(text.substr(0, up.end));
    if (!holds_a_statement(text.substr(up.begin, up.end - up.begin))) {
        throw InvalidSource(file.name, "'" + file.name + "' has no SQL above '" + std::string(separator) + "'");
    }
    std::optional<Section> down;
    if (middle != std::string_view::npos) {
        down = Section{middle + separator.size(), text.size()};
        down->mode = mode_of(text.substr(down->begin));
    }
    return script_of(std::move(name.version), std::move(name.name), std::move(file), up, down);
}

/// tern counts its scripts from 1 and takes a gap for a file that is missing.
void refuse_gaps(std::vector<Script>& scripts) {
    std::ranges::sort(scripts, {}, &Script::version);
    std::size_t expected = 1;
    for (const auto& script : scripts) {
        const auto order = compare_numbers(script.version.text(), std::to_string(expected));
        if (order == std::strong_ordering::greater) {
            throw InvalidSource(script.up.name, "script " + std::to_string(expected) + " is missing before '" +
                                                    script.up.name +
                                                    "'; tern's scripts are numbered from 1 without a gap");
        }
        if (order == std::strong_ordering::equal)
            ++expected;  // a number that is there twice is refused by its own name
    }
}

}  // namespace

Reading read_tern(std::vector<SourceFile> files) {
    Reading reading;
    for (auto& file : files) {
        if (file.name.starts_with('.')) continue;
        if (auto name = read_numbered_name(file.name)) {
            reading.scripts.push_back(read_file(std::move(file), std::move(*name)));
        } else if (file.name != "tern.conf") {
            reading.warnings.push_back(passed_over(file, "NNN_name.sql"));
        }
    }
    refuse_gaps(reading.scripts);
    return reading;
}

}  // namespace lockkeeper::migration

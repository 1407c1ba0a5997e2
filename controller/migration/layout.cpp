#include "migration/layout.hpp"

#include "migration/lines.hpp"
#include "migration/script_name.hpp"
#include "migration/script_set.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace lockkeeper::migration {
namespace {

constexpr std::array<std::pair<Layout, std::string_view>, 6> names{{
    {Layout::Auto, "Auto"},
    {Layout::Paired, "Paired"},
    {Layout::Goose, "Goose"},
    {Layout::Dbmate, "Dbmate"},
    {Layout::Tern, "Tern"},
    {Layout::Flyway, "Flyway"},
}};

/// The layouts whose annotations stand in a file.
std::vector<Layout> annotated_for(const SourceFile& file) {
    std::vector<Layout> found;
    const auto add = [&](Layout layout) {
        if (std::ranges::find(found, layout) == found.end()) found.push_back(layout);
    };
    const auto holds = [&](std::string_view word) { return file.text.find(word) != std::string::npos; };
    if (!holds("+goose ") && !holds("migrate:") && !holds("---- ")) return found;
    for (Lines lines(file.text); lines.next();) {
        if (!lines.text().starts_with("--")) continue;
        const auto comment = trimmed(lines.text().substr(2));
        if (comment.starts_with("+goose ")) add(Layout::Goose);
        if (comment.starts_with("migrate:up") || comment.starts_with("migrate:down")) add(Layout::Dbmate);
        if (lines.text().starts_with("---- create above / drop below ----") || lines.text().starts_with("---- tern:")) {
            add(Layout::Tern);
        }
    }
    return found;
}

/// What a file looks like, and why.
struct Look {
    Layout layout;
    bool certain;  ///< false: `1_a.sql` without annotations, which may be Tern's as well as Paired
    std::string file;
};

[[noreturn]] void refuse_mixture(const Look& one, const Look& other) {
    throw InvalidSource(other.file,
                        "the files do not say in which layout they are: '" + one.file + "' looks like " +
                            std::string(to_string(one.layout)) + " and '" + other.file + "' like " +
                            std::string(to_string(other.layout)) +
                            "; name the layout (spec.layout, or --layout), or put them into sources of their own");
}

/// Nothing for a file that no layout takes for a script.
std::optional<Look> look_of(const SourceFile& file) {
    std::optional<Look> by_name;
    const auto paired = read_paired_name(file.name);
    if (looks_like_flyway(file.name)) by_name = Look{Layout::Flyway, true, file.name};
    if (paired) by_name = Look{Layout::Paired, !read_numbered_name(file.name) || has_direction(file.name), file.name};
    if (!by_name && !read_numbered_name(file.name)) return std::nullopt;
    for (const auto layout : annotated_for(file)) {
        const Look by_content{layout, true, file.name};
        if (by_name && by_name->certain && by_name->layout != layout) refuse_mixture(*by_name, by_content);
        by_name = by_content;
    }
    return by_name;
}

}  // namespace

std::string_view to_string(Layout layout) {
    return std::ranges::find(names, layout, &std::pair<Layout, std::string_view>::first)->second;
}

std::optional<Layout> parse_layout(std::string_view name) {
    const auto* const found = std::ranges::find(names, name, &std::pair<Layout, std::string_view>::second);
    if (found == names.end()) return std::nullopt;
    return found->first;
}

Layout detect_layout(const std::vector<SourceFile>& files) {
    std::optional<Look> certain;
    std::optional<Look> plain;
    for (const auto& file : files) {
        if (file.name.starts_with('.')) continue;
        auto look = look_of(file);
        if (!look) continue;
        auto& known = look->certain ? certain : plain;
        if (known && known->layout != look->layout) refuse_mixture(*known, *look);
        if (!known) known = std::move(look);
    }
    if (!certain) return Layout::Paired;
    // A script without annotations goes with Paired, and with Tern, where one that cannot be undone has none.
    if (plain && certain->layout != Layout::Paired && certain->layout != Layout::Tern) refuse_mixture(*plain, *certain);
    return certain->layout;
}

void refuse_annotations_of_others(const std::vector<SourceFile>& files, Layout layout) {
    for (const auto& file : files) {
        if (file.name.starts_with('.') || !file.name.ends_with(".sql")) continue;
        const auto annotations = annotated_for(file);
        if (annotations.empty() || std::ranges::find(annotations, layout) != annotations.end()) continue;
        throw InvalidSource(file.name, "'" + file.name + "' is written for " +
                                           std::string(to_string(annotations.front())) + ", and the layout is " +
                                           std::string(to_string(layout)) +
                                           "; name that layout instead, or take its annotations out of the file");
    }
}

std::string advice_on_way_back(Layout layout, const Version& version) {
    switch (layout) {
        case Layout::Goose:
            return "write it in its script, behind a line '-- +goose Down'";
        case Layout::Dbmate:
            return "write it in its script, behind a line '-- migrate:down'";
        case Layout::Tern:
            return "write it in its script, behind a line '---- create above / drop below ----'";
        case Layout::Flyway:
            return "add 'U" + version.text() + "__name.sql' to the source";
        default:
            return "add '" + version.text() + ".down.sql' to the source";
    }
}

}  // namespace lockkeeper::migration

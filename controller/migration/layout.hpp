#pragma once

#include "migration/source_file.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::migration {

class Version;

/// How file names and contents are read: as the tool reads them from which the scripts come (docs/layouts.md).
enum class Layout {
    Auto,    ///< found out by detect_layout
    Paired,  ///< `NNN_name.up.sql` with `NNN_name.down.sql`, or `NNN_name.sql` for up only
    Goose,   ///< `NNN_name.sql` with `-- +goose Up` and `-- +goose Down`
    Dbmate,  ///< `NNN_name.sql` with `-- migrate:up` and `-- migrate:down`
    Tern,    ///< `NNN_name.sql` with `---- create above / drop below ----`
    Flyway,  ///< `V1.2__name.sql`, `U1.2__name.sql`, `R__name.sql`
};

/// `Auto`, `Paired` …, as `spec.layout` has it.
std::string_view to_string(Layout layout);
/// Reads exactly one of these names; nothing for any other text.
std::optional<Layout> parse_layout(std::string_view name);

/// The layout of a source by the names of its files and the annotations in them; Paired where nothing tells. Never
/// Auto. Throws InvalidSource for a mixture, with two files and what each looks like.
Layout detect_layout(const std::vector<SourceFile>& files);

/// Throws InvalidSource for a file that has the annotations of another layout and none of this one: run as a whole, its
/// way back would follow its way up.
void refuse_annotations_of_others(const std::vector<SourceFile>& files, Layout layout);

/// What to write to give a version a way back, for a message: `add '0003_orders.down.sql' to the source`.
std::string advice_on_way_back(Layout layout, const Version& version);

}  // namespace lockkeeper::migration

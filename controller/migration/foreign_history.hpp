#pragma once

#include "migration/failure.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::migration {

/// A migration tool whose bookkeeping can be adopted, by the table in which it keeps it.
enum class Tool {
    Auto,           ///< found out by the shape of the table
    GolangMigrate,  ///< `schema_migrations(version, dirty)`, one row
    Goose,          ///< `goose_db_version(id, version_id, is_applied, tstamp)`
    Dbmate,         ///< `schema_migrations(version)`
    Tern,           ///< `schema_version(version)`, one row
    Flyway,         ///< `flyway_schema_history`
    Atlas,          ///< `atlas_schema_revisions`
    Versions,       ///< any table with a row for each version: Rails, and tools of one's own
};

/// `Auto`, `GolangMigrate` …, as `spec.adopt.from` has it.
std::string_view to_string(Tool tool);
/// Reads exactly one of these names; nothing for any other text.
std::optional<Tool> parse_tool(std::string_view name);

/// Whose history is taken over where ours is empty.
struct Adopt {
    Tool from = Tool::Auto;
    std::optional<std::string> table;  ///< `schema.table`; unset: where the tool keeps it by default
};

/// What another tool wrote down of one script.
struct ForeignRow {
    enum class Mark {
        Applied,
        UpTo,      ///< this version and all before it are applied, and no others
        Baseline,  ///< all up to this version count as applied; it may be no script itself
        Undone,    ///< rolled back, or struck off
        Failed,    ///< begun, and not ended
    };
    std::string version;  ///< as the tool writes it; of Flyway's repeatable scripts `R__views`
    Mark mark = Mark::Applied;
    std::string name;      ///< empty where the tool keeps none
    std::string checksum;  ///< the tool's own, with its kind: `crc32:123`; empty where it keeps none
    std::optional<std::chrono::system_clock::time_point> applied_at;
};

struct ForeignHistory {
    Tool tool = Tool::Versions;    ///< never Auto
    std::string table;             ///< `public.goose_db_version`
    std::vector<ForeignRow> rows;  ///< in the order in which they were written; of two for one version the later counts
};

/// A table that may hold a tool's history, as the database's catalogue describes it.
struct ForeignTable {
    std::string schema;
    std::string table;
    std::vector<std::string> columns;

    std::string text() const { return schema + "." + table; }
    /// The column of a list of versions: `version`, or the only one; empty where neither is there.
    std::string version_column() const;
};

/// The tool that makes a table of this shape; nothing for a table of no tool. Tern's table, which has the shape of any
/// list of versions, is told from these by its name.
std::optional<Tool> tool_of(const ForeignTable& table);

/// What a tool calls its table by default; of Auto, what any of them does.
std::vector<std::string> default_tables(Tool tool);

/// The table to adopt, if any; it is one of those given.
struct ForeignChoice {
    const ForeignTable* table = nullptr;
    Tool tool = Tool::Auto;
    std::optional<Failure> refusal{};  ///< AdoptionRefused: several are there, or one that was named has another shape
};

/// Among the tables that have the name that was given or, without one, a default name, in whatever schema.
ForeignChoice choose_table(const std::vector<ForeignTable>& tables, const Adopt& adopt);

/// What was found of another tool, in a database whose own history is empty.
struct Foreign {
    std::optional<ForeignHistory> history{};
    std::optional<Failure> refusal{};
};

}  // namespace lockkeeper::migration

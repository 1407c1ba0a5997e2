#include "migration/foreign_history.hpp"

#include "migration/plan_checks.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace lockkeeper::migration {
namespace {

constexpr std::array<std::pair<Tool, std::string_view>, 8> names{{
    {Tool::Auto, "Auto"},
    {Tool::GolangMigrate, "GolangMigrate"},
    {Tool::Goose, "Goose"},
    {Tool::Dbmate, "Dbmate"},
    {Tool::Tern, "Tern"},
    {Tool::Flyway, "Flyway"},
    {Tool::Atlas, "Atlas"},
    {Tool::Versions, "Versions"},
}};

/// Can the table be read as this tool's?
bool fits(const ForeignTable& table, Tool tool) {
    const auto shape = tool_of(table);
    switch (tool) {
        case Tool::Auto:
            return shape.has_value();
        case Tool::Tern:
        case Tool::Dbmate:
        case Tool::Versions:
            return (!shape || shape == Tool::Versions || shape == Tool::Tern) && !table.version_column().empty();
        default:
            return shape == tool;
    }
}

Failure refuse_shape(const ForeignTable& table, Tool wanted) {
    const auto shape = tool_of(table);
    return refuse(FailureKind::AdoptionRefused,
                  "the table " + table.text() +
                      (shape ? " has the shape of " + std::string(to_string(*shape)) : " is no tool's history") +
                      (wanted == Tool::Auto ? "" : ", not of " + std::string(to_string(wanted))) +
                      "; name the tool and the table whose history is to be adopted");
}

}  // namespace

std::string ForeignTable::version_column() const {
    if (std::ranges::find(columns, "version") != columns.end()) return "version";
    return columns.size() == 1 ? columns.front() : std::string();
}

std::string_view to_string(Tool tool) {
    for (const auto& [known, name] : names) {
        if (known == tool) return name;
    }
    return "Auto";
}

std::optional<Tool> parse_tool(std::string_view name) {
    for (const auto& [tool, known] : names) {
        if (known == name) return tool;
    }
    return std::nullopt;
}

std::optional<Tool> tool_of(const ForeignTable& table) {
    const auto has = [&](std::initializer_list<std::string_view> columns) {
        return std::ranges::all_of(columns, [&](std::string_view column) {
            return std::ranges::find(table.columns, column) != table.columns.end();
        });
    };
    if (has({"installed_rank", "version", "description", "type", "script", "success"})) return Tool::Flyway;
    if (has({"version", "type", "applied", "total", "executed_at"})) return Tool::Atlas;
    if (has({"version_id", "is_applied", "tstamp"})) return Tool::Goose;
    if (has({"version", "dirty"})) return Tool::GolangMigrate;
    if (table.columns.size() != 1) return std::nullopt;
    return table.table == "schema_version" && has({"version"}) ? Tool::Tern : Tool::Versions;
}

std::vector<std::string> default_tables(Tool tool) {
    switch (tool) {
        case Tool::Auto:
            return {"schema_migrations", "goose_db_version", "schema_version", "flyway_schema_history",
                    "atlas_schema_revisions"};
        case Tool::Goose:
            return {"goose_db_version"};
        case Tool::Tern:
            return {"schema_version"};
        case Tool::Flyway:
            return {"flyway_schema_history"};
        case Tool::Atlas:
            return {"atlas_schema_revisions"};
        default:
            return {"schema_migrations"};
    }
}

ForeignChoice choose_table(const std::vector<ForeignTable>& tables, const Adopt& adopt) {
    ForeignChoice choice;
    for (const auto& table : tables) {
        if (!fits(table, adopt.from)) {
            if (adopt.table) return {nullptr, Tool::Auto, refuse_shape(table, adopt.from)};
            continue;  // a table of the application that happens to have the name
        }
        if (choice.table != nullptr) {
            return {
                nullptr, Tool::Auto,
                refuse(FailureKind::AdoptionRefused, choice.table->text() + " and " + table.text() +
                                                         " may both be the history to adopt; name the one that is")};
        }
        choice.table = &table;
        choice.tool = adopt.from == Tool::Auto ? *tool_of(table) : adopt.from;
    }
    return choice;
}

}  // namespace lockkeeper::migration

#pragma once

#include "migration/checksum.hpp"
#include "migration/failure.hpp"
#include "migration/layout.hpp"
#include "migration/source_file.hpp"
#include "migration/version.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::migration {

/// How a script is run: in one transaction with its history row unless a statement of it cannot, or, where a directive
/// of its layout says so, statement by statement.
enum class TransactionMode { Automatic, None };

/// One version of the schema: the script that goes up to it and, where there is one, the script that goes back down.
struct Script {
    Version version;
    std::string name;  ///< what stands behind the number: `drop_rollups`
    SourceFile up;     ///< of a file that holds both directions, with empty lines in the place of the other
    Checksum up_checksum;
    std::optional<SourceFile> down;
    std::optional<Checksum> down_checksum;
    TransactionMode up_mode = TransactionMode::Automatic;
    TransactionMode down_mode = TransactionMode::Automatic;
};

/// What to store of a script's way back: its text, and how to run it, since what is stored has no file name or layout
/// any more to say so.
std::optional<std::string> stored_way_back(const Script& script);

/// A source that cannot be run, whatever the database says. The message names the file, and what to write instead.
class InvalidSource : public std::runtime_error {
  public:
    InvalidSource(std::string file, const std::string& message, std::size_t line = 0, std::size_t column = 0)
        : std::runtime_error(message), file_(std::move(file)), line_(line), column_(column) {}
    const std::string& file() const { return file_; }
    std::size_t line() const { return line_; }      ///< 1-based, 0 where the file as a whole is meant
    std::size_t column() const { return column_; }  ///< 1-based, in characters

  private:
    std::string file_;
    std::size_t line_;
    std::size_t column_;
};

/// The same as a plain value, for a report.
Failure failure_of(const InvalidSource& error);

/// All scripts of a source, in the order in which they run, repeatable ones last: no version occurs twice, and every
/// down script has its up script. What stands inside the scripts that are to run is checked by make_plan, before the
/// first of them runs.
class ScriptSet {
  public:
    ScriptSet() = default;

    /// Reads files by a layout. Names that start with `.` are passed over, and what is no script with a warning. Throws
    /// InvalidSource.
    static ScriptSet read(std::vector<SourceFile> files, Layout layout = Layout::Auto);

    const std::vector<Script>& scripts() const { return scripts_; }  ///< ordered by version
    const std::vector<std::string>& warnings() const { return warnings_; }
    const Checksum& digest() const { return digest_; }
    Layout layout() const { return layout_; }  ///< by which they were read; never Auto
    const Script* find(std::string_view version) const;

  private:
    std::vector<Script> scripts_;
    std::vector<std::string> warnings_;
    Checksum digest_;
    Layout layout_ = Layout::Paired;
};

}  // namespace lockkeeper::migration

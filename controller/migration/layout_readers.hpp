#pragma once

#include "migration/script_set.hpp"
#include "migration/source_file.hpp"

#include <string>
#include <vector>

namespace lockkeeper::migration {

/// What a layout makes of the files of a source: scripts in any order, a version perhaps twice.
struct Reading {
    std::vector<Script> scripts;
    std::vector<std::string> warnings;
};

/// One reader a layout. Names that start with `.` are passed over, and what is no script with a warning. What the tool
/// itself refuses, and what it can and this cannot, is InvalidSource that says what to write.
Reading read_paired(std::vector<SourceFile> files);
Reading read_goose(std::vector<SourceFile> files);
Reading read_dbmate(std::vector<SourceFile> files);
Reading read_tern(std::vector<SourceFile> files);
Reading read_flyway(std::vector<SourceFile> files);

/// `'README.md' is not a script and was passed over; scripts are named …`
std::string passed_over(const SourceFile& file, const std::string& how_scripts_are_named);

}  // namespace lockkeeper::migration

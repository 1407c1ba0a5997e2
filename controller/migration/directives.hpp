#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::migration {

/// A comment line `-- lockkeeper:<word>`, by which a script says how it is to be run.
struct Directive {
    std::string word;
    std::size_t begin;  ///< byte offset of the line's `--`
};

/// The directives of a script: all that stand among the comment lines and empty lines above its first statement.
std::vector<Directive> read_directives(std::string_view text);

}  // namespace lockkeeper::migration

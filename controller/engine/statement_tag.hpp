#pragma once

#include <string>
#include <string_view>

namespace lockkeeper::engine {

/// What kind of statement a text begins with, to be shown to a person: `CREATE INDEX CONCURRENTLY`, `UPDATE`. It holds
/// words of a fixed list and nothing else, so no name and no value can come through; empty where the text begins with
/// none.
std::string statement_tag(std::string_view sql);

}  // namespace lockkeeper::engine

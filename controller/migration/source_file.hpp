#pragma once

#include <string>

namespace lockkeeper::migration {

/// A file of a migration source: a key of a ConfigMap, of `spec.source.inline`, or a file of a directory.
struct SourceFile {
    std::string name;  ///< without a directory: `0001_customers.up.sql`
    std::string text;  ///< as it was read, not normalised
};

}  // namespace lockkeeper::migration

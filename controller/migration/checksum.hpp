#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::migration {

struct SourceFile;

/// `sha256:` and 64 hexadecimal digits.
using Checksum = std::string;

/// The checksum of a script's text. A byte order mark is left out and CRLF counts as LF, so that a checkout on another
/// system is not an edit.
Checksum checksum_of(std::string_view text);

/// One digest for a whole set of files: SHA-256 over name, length and normalised text of each, in the order of their
/// names. `spec.source.expectedDigest` and `status.sourceDigest` are this; docs/api.md tells how to compute it in a
/// shell.
Checksum digest_of(const std::vector<SourceFile>& files);

}  // namespace lockkeeper::migration

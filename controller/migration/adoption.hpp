#pragma once

#include "migration/baseline.hpp"
#include "migration/foreign_history.hpp"
#include "migration/script_set.hpp"

namespace lockkeeper::migration {

/// Of an adopted script that was not in the source, from a tool that keeps no checksums: any text may be its.
inline const Checksum unknown_checksum = "unknown";

/// Is this the checksum of the script's text: ours, or Flyway's (`crc32:…`), or unknown? A repeatable script has no
/// unknown one, since it would never run again.
bool is_checksum_of(const Checksum& checksum, const Script& script);

/// Flyway's checksum of a text, a signed 32-bit number: CRC-32 over its lines without their ends.
/// Source: Flyway, org.flywaydb.core.internal.resolver.ChecksumCalculator.
Checksum flyway_checksum(std::string_view text);

/// Pure: what another tool has applied, as rows of ours, in the order of their versions. Each is the row of the
/// source's script of that version, whole or by its number, or of its file name. A version that the source does not
/// have is recorded as well, so that it is known as applied and reported as missing.
///
/// Refuses with AdoptionRefused what cannot be told for certain: a script that failed in its middle, a number that two
/// scripts have, and a single version up to which all is said to be applied where the source does not have it.
Baseline adoption_of(const ScriptSet& scripts, const ForeignHistory& foreign);

}  // namespace lockkeeper::migration

#pragma once

#include "migration/script_set.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lockkeeper::migration {

/// The part of a file that goes in one direction: bytes [begin, end), and how it is run.
struct Section {
    std::size_t begin = 0;
    std::size_t end = 0;
    TransactionMode mode = TransactionMode::Automatic;
};

/// Does a text hold any SQL, besides comments?
bool holds_a_statement(std::string_view text);

/// A script of a file that holds both directions. Each becomes a text of its own in which lines keep their numbers:
/// what stands before it is left as empty lines. Checksums are of the section alone, without white space at its ends,
/// so that a way back which is added later is not an edit. A way back without a statement is none.
Script script_of(std::string version, std::string name, SourceFile file, const Section& up,
                 const std::optional<Section>& down);

/// Throws InvalidSource at a byte offset of a file.
[[noreturn]] void refuse_at(const SourceFile& file, std::size_t offset, const std::string& message);

}  // namespace lockkeeper::migration

#include "migration/script_set.hpp"

#include "migration/layout_readers.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

void refuse_a_version_twice(const std::vector<Script>& scripts) {
    const auto twin = std::ranges::adjacent_find(
        scripts, [](const Script& a, const Script& b) { return same_place(a.version, b.version); });
    if (twin == scripts.end()) return;
    const auto& other = *std::next(twin);
    const auto both = "'" + twin->up.name + "' and '" + other.up.name + "' are ";
    throw InvalidSource(other.up.name, twin->version == other.version
                                           ? both + "both version " + other.version.text() + "; renumber one of them"
                                           : both + "the same version but for zeros; renumber one of them");
}

Reading read_layout(std::vector<SourceFile> files, Layout layout) {
    switch (layout) {
        case Layout::Goose:
            return read_goose(std::move(files));
        case Layout::Dbmate:
            return read_dbmate(std::move(files));
        case Layout::Tern:
            return read_tern(std::move(files));
        case Layout::Flyway:
            return read_flyway(std::move(files));
        default:
            return read_paired(std::move(files));
    }
}

}  // namespace

std::optional<std::string> stored_way_back(const Script& script) {
    if (!script.down) return std::nullopt;
    return (script.down_mode == TransactionMode::None ? "-- lockkeeper:no-transaction\n" : "") + script.down->text;
}

Failure failure_of(const InvalidSource& error) {
    Failure failure;
    failure.kind = FailureKind::InvalidSource;
    failure.message = error.what();
    failure.file = error.file();
    failure.line = error.line();
    failure.column = error.column();
    return failure;
}

ScriptSet ScriptSet::read(std::vector<SourceFile> files, Layout layout) {
    ScriptSet set;
    set.digest_ = digest_of(files);
    if (layout == Layout::Auto) {
        set.layout_ = detect_layout(files);
    } else {
        set.layout_ = layout;
        refuse_annotations_of_others(files, layout);
    }
    auto reading = read_layout(std::move(files), set.layout_);
    set.warnings_ = std::move(reading.warnings);
    set.scripts_ = std::move(reading.scripts);
    // Most sources number their scripts with equally many digits, and are in order already.
    if (!std::ranges::is_sorted(set.scripts_, {}, &Script::version)) {
        std::ranges::sort(set.scripts_, {}, &Script::version);
    }
    refuse_a_version_twice(set.scripts_);
    return set;
}

const Script* ScriptSet::find(std::string_view version) const {
    const Version wanted{std::string(version)};
    const auto found = std::ranges::lower_bound(scripts_, wanted, {}, &Script::version);
    return found != scripts_.end() && found->version == wanted ? &*found : nullptr;
}

}  // namespace lockkeeper::migration

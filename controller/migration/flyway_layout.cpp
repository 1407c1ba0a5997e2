// As Flyway reads a location: documentation.red-gate.com/fd, "Migrations", "Script Config Files", "Callbacks".
#include "migration/layout_readers.hpp"
#include "migration/lines.hpp"
#include "migration/script_name.hpp"
#include "migration/section.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace lockkeeper::migration {
namespace {

/// `V1__name.sql.conf`, which says how `V1__name.sql` is run.
struct ScriptConfig {
    TransactionMode mode = TransactionMode::Automatic;
    enum class Placeholders { Replaced, Literal } placeholders = Placeholders::Replaced;
};

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
}

bool read_flag(const SourceFile& file, const Lines& line, const std::string& value) {
    if (value != "true" && value != "false") refuse_at(file, line.begin(), "write true or false");
    return value == "true";
}

ScriptConfig read_config(const SourceFile& file) {
    ScriptConfig config;
    for (Lines lines(file.text); lines.next();) {
        const auto line = trimmed(lines.text());
        if (line.empty() || line.starts_with('#')) continue;
        const auto equals = std::min(line.find('='), line.size());
        const auto key = trimmed(line.substr(0, equals));
        const auto value = lower_case(trimmed(line.substr(std::min(equals + 1, line.size()))));
        if (key == "executeInTransaction") {
            if (!read_flag(file, lines, value)) config.mode = TransactionMode::None;
        } else if (key == "placeholderReplacement") {
            if (!read_flag(file, lines, value)) config.placeholders = ScriptConfig::Placeholders::Literal;
        } else if (key != "encoding" || value != "utf-8") {
            refuse_at(file, lines.begin(),
                      "'" + std::string(key) +
                          "' of a script's configuration means nothing here; there are executeInTransaction, "
                          "placeholderReplacement and encoding=UTF-8");
        }
    }
    return config;
}

bool is_callback(std::string_view file) {
    constexpr std::array<std::string_view, 3> beginnings{"before", "after", "createSchema"};
    if (!file.ends_with(".sql")) return false;
    return std::ranges::any_of(beginnings, [&](std::string_view beginning) {
        const auto next = file.substr(std::min(beginning.size(), file.size())).substr(0, 1);
        return file.starts_with(beginning) && (beginning == "createSchema" || (next >= "A" && next <= "Z"));
    });
}

/// A name that Flyway itself would not know, and that was meant for it: `V1_orders.sql`.
bool is_misspelt(std::string_view file) {
    return file.ends_with(".sql") && file.size() > 1 &&
           ((std::string_view("VU").find(file[0]) != std::string_view::npos && file[1] >= '0' && file[1] <= '9') ||
            file.starts_with("R_"));
}

class FlywayReader {
  public:
    explicit FlywayReader(std::vector<SourceFile> files) : files_(std::move(files)) {}

    Reading read() {
        for (const auto& file : files_) {
            if (!file.name.starts_with('.') && file.name.ends_with(".sql.conf"))
                configs_.emplace(file.name.substr(0, file.name.size() - 5), read_config(file));
        }
        for (auto& file : files_) {
            if (!file.name.starts_with('.') && !file.name.ends_with(".sql.conf")) sort_in(file);
        }
        for (const auto& undo : undos_) add_way_back(undo);
        return std::move(reading_);
    }

  private:
    struct Undo {
        Version version;
        SourceFile* file;
    };

    void sort_in(SourceFile& file) {
        if (auto name = read_flyway_name(file.name)) {
            take(file, std::move(*name));
        } else if (looks_like_flyway(file.name)) {
            throw InvalidSource(file.name, "'" + file.name +
                                               "' is a migration that is not SQL, which cannot be run here; write what "
                                               "it does as SQL, in a file of the same version that ends in .sql");
        } else if (is_misspelt(file.name)) {
            throw InvalidSource(file.name, "'" + file.name +
                                               "' is no name of Flyway's; it is written V1.2__name.sql, U1.2__name.sql "
                                               "or R__name.sql, with two underscores");
        } else if (is_callback(file.name)) {
            reading_.warnings.push_back("'" + file.name +
                                        "' is a callback of Flyway and is not run here; put what it does into a script "
                                        "(R__name.sql is run again whenever it is changed)");
        } else {
            reading_.warnings.push_back(passed_over(file, "V1.2__name.sql, U1.2__name.sql or R__name.sql"));
        }
    }

    void take(SourceFile& file, FlywayName name) {
        if (name.prefix == 'B') {
            throw InvalidSource(file.name, "'" + file.name +
                                               "' is a baseline script, which is not run here; remove it where the "
                                               "scripts before it are kept, or else name it V" +
                                               name.version + "__" + name.name + ".sql");
        }
        refuse_placeholders(file);
        if (name.prefix == 'U') {
            undos_.push_back({Version(std::move(name.version)), &file});
            return;
        }
        const auto all = whole(file);
        reading_.scripts.push_back(
            script_of(std::move(name.version), std::move(name.name), std::move(file), all, std::nullopt));
    }

    Section whole(const SourceFile& file) const { return {0, file.text.size(), config_of(file).mode}; }

    ScriptConfig config_of(const SourceFile& file) const {
        const auto found = configs_.find(file.name);
        return found == configs_.end() ? ScriptConfig{} : found->second;
    }

    void refuse_placeholders(const SourceFile& file) const {
        const auto placeholder = file.text.find("${");
        if (placeholder == std::string::npos || config_of(file).placeholders == ScriptConfig::Placeholders::Literal) {
            return;
        }
        refuse_at(file, placeholder,
                  "placeholders of Flyway are not filled in here; write the value, or, where ${…} is meant as it "
                  "stands, placeholderReplacement=false in a file of the same name with '.conf' behind it");
    }

    void add_way_back(const Undo& undo) {
        const auto script = std::ranges::find_if(
            reading_.scripts, [&](const Script& other) { return same_place(other.version, undo.version); });
        auto& file = *undo.file;
        if (script == reading_.scripts.end()) {
            throw InvalidSource(file.name, "'" + file.name + "' undoes nothing; add 'V" + undo.version.text() +
                                               "__name.sql' or remove it");
        }
        if (script->down) {
            throw InvalidSource(file.name, "'" + script->down->name + "' and '" + file.name +
                                               "' are the same script, version " + undo.version.text() +
                                               "; keep one of them");
        }
        const auto all = whole(file);
        auto way_back = script_of(undo.version.text(), {}, std::move(file), all, std::nullopt);
        script->down = std::move(way_back.up);
        script->down_checksum = std::move(way_back.up_checksum);
        script->down_mode = way_back.up_mode;
    }

    std::vector<SourceFile> files_;
    std::map<std::string, ScriptConfig> configs_;
    std::vector<Undo> undos_;
    Reading reading_;
};

}  // namespace

Reading read_flyway(std::vector<SourceFile> files) {
    return FlywayReader(std::move(files)).read();
}

}  // namespace lockkeeper::migration

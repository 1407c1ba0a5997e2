// As dbmate reads a file: pkg/dbmate/migration.go of github.com/amacneil/dbmate.
#include "migration/layout_readers.hpp"
#include "migration/lines.hpp"
#include "migration/script_name.hpp"
#include "migration/section.hpp"

#include <algorithm>

namespace lockkeeper::migration {
namespace {

/// dbmate takes any `.sql` file whose name begins with a digit, and its digits for the version.
std::optional<NumberedName> read_dbmate_name(std::string_view file) {
    constexpr std::string_view digits = "0123456789";
    if (!file.ends_with(".sql")) return std::nullopt;
    file.remove_suffix(4);
    const auto number = file.substr(0, std::min(file.find_first_not_of(digits), file.size()));
    if (number.empty()) return std::nullopt;
    auto name = file.substr(number.size());
    if (name.starts_with('_') || name.starts_with('-')) name.remove_prefix(1);
    return NumberedName{std::string(number), std::string(name)};
}

class DbmateFile {
  public:
    explicit DbmateFile(SourceFile file) : file_(std::move(file)) {}

    Script read(NumberedName name) {
        for (Lines lines(file_.text); lines.next();) {
            if (const auto options = options_of(lines.text(), "migrate:up")) {
                begin_up(lines, *options);
            } else if (const auto options_down = options_of(lines.text(), "migrate:down")) {
                begin_down(lines, *options_down);
            } else if (!up_ && !above_ && !is_blank_or_comment(lines.text())) {
                above_ = lines.begin();
            }
        }
        if (!up_) {
            throw InvalidSource(file_.name,
                                "'" + file_.name + "' has no line '-- migrate:up'; put it above the script");
        }
        return script_of(std::move(name.version), std::move(name.name), std::move(file_), *up_, down_);
    }

  private:
    /// What stands behind a directive on its line, if the line is one.
    static std::optional<std::string_view> options_of(std::string_view line, std::string_view directive) {
        if (!line.starts_with("--")) return std::nullopt;
        const auto comment = trimmed(line.substr(2));
        if (!comment.starts_with(directive)) return std::nullopt;
        const auto rest = comment.substr(directive.size());
        if (!rest.empty() && rest.front() != ' ' && rest.front() != '\t') return std::nullopt;
        return rest;
    }

    TransactionMode mode_of(const Lines& line, std::string_view options) const {
        constexpr std::string_view key = "transaction:";
        const auto at = options.find(key);
        if (at == std::string_view::npos) return TransactionMode::Automatic;
        const auto value = options.substr(at + key.size());
        const auto word = value.substr(0, std::min(value.find_first_of(" \t"), value.size()));
        if (word == "false") return TransactionMode::None;
        if (word == "true") return TransactionMode::Automatic;
        refuse_at(file_, line.begin(), "the option is written transaction:false or transaction:true, without a space");
    }

    void begin_up(const Lines& line, std::string_view options) {
        if (up_) refuse_at(file_, line.begin(), "'-- migrate:up' is there twice; keep one of them");
        if (above_) refuse_at(file_, *above_, "SQL stands before '-- migrate:up'; move it behind that line");
        up_ = Section{line.behind(), file_.text.size(), mode_of(line, options)};
    }

    void begin_down(const Lines& line, std::string_view options) {
        if (!up_) refuse_at(file_, line.begin(), "'-- migrate:down' stands above '-- migrate:up'; put it below");
        if (down_) refuse_at(file_, line.begin(), "'-- migrate:down' is there twice; keep one of them");
        up_->end = line.begin();
        down_ = Section{line.behind(), file_.text.size(), mode_of(line, options)};
    }

    SourceFile file_;
    std::optional<Section> up_;
    std::optional<Section> down_;
    std::optional<std::size_t> above_;  ///< where the first SQL above `migrate:up` stands
};

}  // namespace

Reading read_dbmate(std::vector<SourceFile> files) {
    Reading reading;
    for (auto& file : files) {
        if (file.name.starts_with('.')) continue;
        if (auto name = read_dbmate_name(file.name)) {
            reading.scripts.push_back(DbmateFile(std::move(file)).read(std::move(*name)));
        } else {
            reading.warnings.push_back(passed_over(file, "NNN_name.sql"));
        }
    }
    return reading;
}

}  // namespace lockkeeper::migration

// As goose reads a file: internal/sqlparser/parser.go of github.com/pressly/goose.
#include "migration/layout_readers.hpp"
#include "migration/lines.hpp"
#include "migration/script_name.hpp"
#include "migration/section.hpp"

#include <algorithm>
#include <cctype>

namespace lockkeeper::migration {
namespace {

std::string upper_case(std::string_view text) {
    std::string upper(text);
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return upper;
}

/// Reads one file, annotation by annotation.
class GooseFile {
  public:
    explicit GooseFile(SourceFile file) : file_(std::move(file)) {}

    Script read(NumberedName name) {
        for (Lines lines(file_.text); lines.next();) {
            const auto line = trimmed(lines.text());
            if (line.starts_with("--") && trimmed(line.substr(2)).starts_with("+goose")) {
                annotation(lines, upper_case(trimmed(trimmed(line.substr(2)).substr(6))));
            } else if (!up_ && !above_ && !is_blank_or_comment(line)) {
                above_ = lines.begin();
            }
        }
        if (!up_) {
            throw InvalidSource(file_.name, "'" + file_.name + "' has no line '-- +goose Up'; put it above the script");
        }
        if (statement_) refuse_at(file_, *statement_, "'-- +goose StatementBegin' is never ended; add StatementEnd");
        (down_ ? *down_ : *up_).end = file_.text.size();
        up_->mode = mode_;
        if (down_) down_->mode = mode_;
        return script_of(std::move(name.version), std::move(name.name), std::move(file_), *up_, down_);
    }

  private:
    void annotation(const Lines& line, const std::string& word) {
        if (!line.text().starts_with("--")) {
            refuse_at(file_, line.begin(), "an annotation of goose starts in the first column");
        }
        if (word == "UP") {
            begin_up(line);
        } else if (word == "DOWN") {
            begin_down(line);
        } else if (word == "STATEMENTBEGIN") {
            if (statement_ || !up_) refuse_at(file_, line.begin(), "'StatementBegin' does not belong here");
            statement_ = line.begin();
        } else if (word == "STATEMENTEND") {
            if (!statement_) refuse_at(file_, line.begin(), "'StatementEnd' has no 'StatementBegin'");
            statement_.reset();
        } else if (word == "NO TRANSACTION") {
            mode_ = TransactionMode::None;
        } else if (word == "ENVSUB ON" || word == "ENVSUBST ON") {
            refuse_at(file_, line.begin(),
                      "variables of the environment are not put into scripts here; write their values, and remove "
                      "this line");
        } else if (word != "ENVSUB OFF" && word != "ENVSUBST OFF") {
            refuse_at(file_, line.begin(),
                      "goose has no such annotation; there are Up, Down, StatementBegin, StatementEnd and NO "
                      "TRANSACTION");
        }
    }

    void begin_up(const Lines& line) {
        if (up_) refuse_at(file_, line.begin(), "'-- +goose Up' is there twice; keep one of them");
        if (above_) refuse_at(file_, *above_, "SQL stands before '-- +goose Up'; move it behind that line");
        up_ = Section{line.behind(), file_.text.size()};
    }

    void begin_down(const Lines& line) {
        if (!up_) refuse_at(file_, line.begin(), "'-- +goose Down' stands above '-- +goose Up'; put it below");
        if (down_) refuse_at(file_, line.begin(), "'-- +goose Down' is there twice; keep one of them");
        if (statement_)
            refuse_at(file_, *statement_, "'-- +goose StatementBegin' is not ended before '-- +goose Down'");
        up_->end = line.begin();
        down_ = Section{line.behind(), file_.text.size()};
    }

    SourceFile file_;
    std::optional<Section> up_;
    std::optional<Section> down_;
    std::optional<std::size_t> above_;      ///< where the first SQL above Up stands
    std::optional<std::size_t> statement_;  ///< where the open StatementBegin stands
    TransactionMode mode_ = TransactionMode::Automatic;
};

/// goose runs `00002_name.go` as well; left out, the scripts behind it would run without it.
bool is_go_migration(const std::string& name) {
    return name.ends_with(".go") && !name.ends_with("_test.go") &&
           read_numbered_name(name.substr(0, name.size() - 3) + ".sql");
}

}  // namespace

Reading read_goose(std::vector<SourceFile> files) {
    Reading reading;
    for (auto& file : files) {
        if (file.name.starts_with('.')) continue;
        if (is_go_migration(file.name)) {
            throw InvalidSource(file.name,
                                "'" + file.name +
                                    "' is a migration in Go, which cannot be run here; write what it does as "
                                    "SQL, in a file of the same number that ends in .sql");
        }
        if (auto name = read_numbered_name(file.name)) {
            reading.scripts.push_back(GooseFile(std::move(file)).read(std::move(*name)));
        } else {
            reading.warnings.push_back(passed_over(file, "NNN_name.sql"));
        }
    }
    return reading;
}

}  // namespace lockkeeper::migration

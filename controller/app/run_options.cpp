#include "app/run_options.hpp"

namespace lockkeeper::app {

engine::Migrator::Options run_options(const api::MigrationSpec& spec, std::string subject,
                                      std::optional<std::string> known_history_table) {
    return {.history_table = {spec.history.schema, spec.history.table},
            .known_history_table = std::move(known_history_table),
            .subject = std::move(subject),
            .lock_key = spec.lock.key,
            .also_hold = spec.lock.also_hold,
            .acquire_timeout = spec.lock.acquire_timeout,
            .session = {spec.session.lock_timeout, spec.session.statement_timeout, spec.session.role,
                        spec.session.search_path, spec.session.parameters}};
}

std::string_view trimmed_url(std::string_view text) {
    constexpr auto white_space = " \t\r\n";
    const auto first = text.find_first_not_of(white_space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(white_space) + 1 - first);
}

}  // namespace lockkeeper::app

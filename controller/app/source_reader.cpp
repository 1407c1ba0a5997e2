#include "app/source_reader.hpp"

#include "migration/script_set.hpp"

#include <map>
#include <utility>
#include <variant>

namespace lockkeeper::app {
namespace {

using migration::InvalidSource;
using migration::SourceFile;

/// The keys of several ConfigMaps, joined.
class JoinedFiles {
  public:
    void add(const std::string& config_map, const nlohmann::json& object) {
        if (const auto binary = object.find("binaryData"); binary != object.end() && !binary->empty()) {
            const auto& key = binary->begin().key();
            throw InvalidSource(
                key, "'" + key + "' of ConfigMap '" + config_map + "' is binary data; save the file as UTF-8 text");
        }
        const auto data = object.find("data");
        if (data == object.end() || !data->is_object()) return;
        for (const auto& [name, text] : data->items()) {
            const auto [first, is_new] = origin_.emplace(name, config_map);
            if (!is_new) {
                throw InvalidSource(name, "'" + name + "' is in ConfigMap '" + first->second + "' and in '" +
                                              config_map + "'; keep it in one of them");
            }
            files_.push_back({name, text.get<std::string>()});
        }
    }
    std::vector<SourceFile> take() { return std::move(files_); }

  private:
    std::map<std::string, std::string> origin_;
    std::vector<SourceFile> files_;
};

/// The files, or the ConfigMaps that are not there.
std::variant<std::vector<SourceFile>, reconcile::SourceNotFound> read_config_maps(kube::ApiClient& client,
                                                                                  const std::string& ns,
                                                                                  const std::vector<std::string>& names,
                                                                                  const std::stop_token& stop) {
    const kube::Resource config_maps{"", "v1", "configmaps"};
    JoinedFiles files;
    reconcile::SourceNotFound missing;
    for (const auto& name : names) {
        try {
            files.add(name, client.get({config_maps, {ns, name}}, stop));
        } catch (const kube::ApiError& error) {
            if (error.failure() != kube::ApiFailure::NotFound) throw;
            missing.config_maps.push_back(name);
        }
    }
    if (!missing.config_maps.empty()) return missing;
    return files.take();
}

}  // namespace

reconcile::ObservedSource SourceReader::read(const api::Migration& migration, const std::stop_token& stop) const {
    try {
        const auto& from = migration.spec.source.from;
        if (std::holds_alternative<api::ImageSource>(from)) return reconcile::SourceInImage{};
        std::vector<SourceFile> files;
        if (const auto* config_maps = std::get_if<api::ConfigMapSource>(&from)) {
            auto found = read_config_maps(client_, migration.metadata.ns, config_maps->names, stop);
            if (auto* missing = std::get_if<reconcile::SourceNotFound>(&found)) return std::move(*missing);
            files = std::move(std::get<std::vector<SourceFile>>(found));
        } else {
            for (const auto& [name, text] : std::get<api::InlineSource>(from).files) files.push_back({name, text});
        }
        const auto layout = migration::parse_layout(migration.spec.layout).value_or(migration::Layout::Auto);
        if (migration.spec.execution.mode != api::ExecutionMode::Job) {
            return reconcile::SourceFound{migration::ScriptSet::read(std::move(files), layout)};
        }
        auto scripts = migration::ScriptSet::read(files, layout);
        return reconcile::SourceFound{std::move(scripts), std::move(files)};
    } catch (const InvalidSource& error) {
        return reconcile::SourceInvalid{error.what(), error.file(), error.line(), error.column()};
    }
}

}  // namespace lockkeeper::app

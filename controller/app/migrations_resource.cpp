#include "app/migrations_resource.hpp"

#include "api/migration.hpp"

namespace lockkeeper::app {

const kube::Resource& migrations_resource() {
    static const kube::Resource resource{std::string(api::api_group), "v1alpha1", std::string(api::migration_plural)};
    return resource;
}

}  // namespace lockkeeper::app

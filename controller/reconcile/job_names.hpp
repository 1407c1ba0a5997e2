#pragma once

#include "api/migration.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace lockkeeper::reconcile {

/// Names that follow from the Migration's uid and the number of its run alone, so that a request that is sent twice
/// makes one object, a retry makes another one, and neither has to be remembered anywhere.

/// `shop-1f3a9c0d-7`, at most 63 characters, as a Job's name is to be.
std::string job_name(const api::Metadata& migration, std::int64_t run);

/// The ConfigMap of the run description.
std::string description_name(const std::string& job);
/// The n-th ConfigMap of scripts, from 0.
std::string scripts_name(const std::string& job, std::size_t n);

/// Labels of everything that the controller makes; by the first it is watched.
namespace label {
constexpr auto managed_by = "app.kubernetes.io/managed-by";
constexpr auto manager = "lockkeeper";
constexpr auto run = "lockkeeper.dev/run";
constexpr auto job = "lockkeeper.dev/job";  ///< the Job that a ConfigMap was made for
}  // namespace label

}  // namespace lockkeeper::reconcile

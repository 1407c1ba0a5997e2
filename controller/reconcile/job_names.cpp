#include "reconcile/job_names.hpp"

#include "migration/checksum.hpp"

namespace lockkeeper::reconcile {
namespace {

constexpr std::size_t longest_prefix = 38;  // with a hash of 8 and a number of 10 digits 58, and `-99` behind it 61
constexpr std::size_t hash_length = 8;

}  // namespace

std::string job_name(const api::Metadata& migration, std::int64_t run) {
    auto prefix = migration.name.substr(0, longest_prefix);
    for (auto& character : prefix) {
        if (character == '.') character = '-';
    }
    const auto checksum = migration::checksum_of(migration.uid);
    return prefix + "-" + checksum.substr(checksum.find(':') + 1, hash_length) + "-" + std::to_string(run);
}

std::string description_name(const std::string& job) {
    return job + "-run";
}

std::string scripts_name(const std::string& job, std::size_t n) {
    return job + "-scripts-" + std::to_string(n);
}

}  // namespace lockkeeper::reconcile

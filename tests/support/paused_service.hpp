#pragma once

#include <sys/types.h>

#include <string>

namespace lockkeeper::tests {

/// A part of the local services (apiserver, etcd, postgres) that does not answer as long as this lives: its connections
/// stay open, and nothing comes over them. Skips the test without local services (require_local_services).
class PausedService {
  public:
    explicit PausedService(const std::string& part);
    ~PausedService();
    PausedService(const PausedService&) = delete;
    PausedService& operator=(const PausedService&) = delete;

  private:
    pid_t pid_ = 0;
};

}  // namespace lockkeeper::tests

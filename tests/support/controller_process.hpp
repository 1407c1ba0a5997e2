#pragma once

#include "support/process.hpp"

#include <string>
#include <vector>

namespace lockkeeper::tests {

/// The real `lockkeeper controller`, with its log in a file. Skips the test without a cluster (require_cluster).
class ControllerProcess : public Process {
  public:
    explicit ControllerProcess(const std::vector<std::string>& arguments = {});
};

}  // namespace lockkeeper::tests

#pragma once

#include <string>

namespace lockkeeper::tests {

/// The superuser's connection string of the PostgreSQL for tests. Without one the test fails in CI, and elsewhere is
/// skipped, aloud: ctest shows it as skipped, never as passed.
std::string require_postgres();

/// The path of a kubeconfig with all rights on an API server for tests. Without one as above.
std::string require_cluster();

/// The folder of the services that `hack/services up` started, which a test may stop and start. Without one as above.
std::string require_local_services();

/// The folder of the other migration tools (hack/lib/peers.sh). Without one as above.
std::string require_peers();

/// The path of a program, given back. Without it as above.
std::string require_program(const std::string& path);

/// Ends this test as skipped, aloud: the server that was chosen cannot do what it is about. Also in CI, whose own
/// server can.
[[noreturn]] void skip(const std::string& reason);

/// Stops or starts a part of the local services on its same port and data: `hack/services ACTION PART`, with ACTION one
/// of stop, start, kill and PART one of postgres, apiserver, etcd. Throws std::runtime_error if that fails.
void control_service(const std::string& action, const std::string& part);

}  // namespace lockkeeper::tests

#pragma once

struct ssl_ctx_st;

namespace lockkeeper::kube {

/// From now on SSL_CTX_set_default_verify_paths does nothing on this thread. cpprestsdk calls it for every connection,
/// before it asks us whom to trust: to read some 140 authorities took 20 ms of CPU and more each time, to be thrown
/// away where a cluster has one of its own. On every other thread, and for libpq, it is what it always was.
void leave_system_authorities_out_on_this_thread();

/// Trusts whom the system trusts, on any thread.
void trust_system_authorities(ssl_ctx_st* context);

}  // namespace lockkeeper::kube

#include "kube/network_thread.hpp"

#include "kube/system_authorities.hpp"

// clang-format off
#include <utility>  // before Boost's headers, which use it and do not say so
// clang-format on

#include <openssl/crypto.h>
#include <pplx/pplx.h>
#include <pplx/threadpool.h>

#include <memory>
#include <mutex>

namespace lockkeeper::kube {
namespace {

thread_local bool is_network_thread = false;

/// Trap: the library's thread outlives main, and at the end of a process OpenSSL would free what its connections still
/// use. So it is told before main, and before anything uses it, to leave itself as it is.
[[maybe_unused]] const bool openssl_outlives_main = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr) == 1;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"  // the library owns it by what std::make_shared made
/// Where the library runs its tasks, and those that go on from one that has ended.
class AtOnceOnTheNetworkThread final : public pplx::scheduler_interface {
  public:
    void schedule(pplx::TaskProc_t run, void* task) override {
        if (is_network_thread) return run(task);
        on_network_thread([run, task] { run(task); });
    }
};
#pragma GCC diagnostic pop

}  // namespace

void start_network_thread() {
    static std::once_flag once;
    std::call_once(once, [] {
        crossplat::threadpool::initialize_with_threads(1);
        pplx::set_ambient_scheduler(std::make_shared<AtOnceOnTheNetworkThread>());
        on_network_thread([] {
            is_network_thread = true;
            leave_system_authorities_out_on_this_thread();
        });
    });
}

void on_network_thread(std::function<void()> work) {
    crossplat::threadpool::shared_instance().service().post(std::move(work));
}

}  // namespace lockkeeper::kube

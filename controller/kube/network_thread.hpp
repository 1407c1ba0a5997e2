#pragma once

#include <functional>

namespace lockkeeper::kube {

/// Trap: the library's timers, its cancellation and its reads touch a connection from whatever thread of its pool is
/// free, and a cancel() from the outside closes a TLS stream under a running read. With one thread in the pool, and
/// everything of ours that touches a connection posted to it, that cannot happen. In return nothing may block there.
///
/// Trap: the library makes a task of its pool of every step of a request, each with a wake-up and a look at all
/// sockets. What is to be run on that one thread, and comes from it, is run at once.
///
/// To be called before the first client is made, which would start the pool with its own number of threads.
void start_network_thread();

/// Runs it there, later.
void on_network_thread(std::function<void()> work);

}  // namespace lockkeeper::kube

// The process that holds a pod's namespaces open on the node of hack/node. As a pod's first process it also has to let go of orphans.
#include <signal.h>
#include <unistd.h>

static void end(int signal_number) { _exit(signal_number == SIGTERM ? 0 : 1); }

int main(void) {
  struct sigaction reap_at_once = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
  sigaction(SIGCHLD, &reap_at_once, NULL);
  signal(SIGINT, end);
  signal(SIGTERM, end);
  for (;;) pause();
}

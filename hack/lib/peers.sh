# shellcheck shell=bash
# Other migration tools, to adopt their histories and to measure against: migrate (golang-migrate), goose, tern and dbmate. Sourced, with
# print.sh, interrupt.sh, packages.sh, cache.sh and go.sh; `hack` is the folder of the scripts.
#
#   find_peers   sets `peers_bin` to a folder that has all of them, in the cache: hack/peers/build builds the first three from pinned
#                Go modules, hack/peers/fetch-dbmate takes the last one from npm's package of it

find_peers() {
  local tool
  peers_bin="$(cache_folder)/peers-$(cat "$hack"/peers/{go.mod,build,fetch-dbmate} | sha256sum | cut -c 1-12)"
  for tool in migrate goose tern; do
    [[ -x "$peers_bin/$tool" ]] && continue
    find_go
    with_progress "building golang-migrate, goose and tern from Go modules (a minute, once)" "$(cache_folder)/peers.log" \
      "$hack/peers/build" "$go" "$peers_bin" migrate goose tern || exit
  done
  [[ -x "$peers_bin/dbmate" ]] && return
  command -v npm >/dev/null || need_packages npm
  with_progress "getting dbmate" "$(cache_folder)/peers.log" "$hack/peers/fetch-dbmate" "$peers_bin" || exit
}

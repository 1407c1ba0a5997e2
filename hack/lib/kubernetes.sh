# shellcheck shell=bash
# kube-apiserver, etcd and kubectl, from wherever they are. Sourced, with print.sh, interrupt.sh, packages.sh, cache.sh and go.sh;
# `hack` is the folder of the scripts.
#
#   find_kubernetes TOOL…   sets `kubernetes_bin` to a folder that has all of them: KUBEBUILDER_ASSETS, else PATH, else our cache,
#                           where hack/kubernetes/build puts those that are missing

kubernetes_version() { sed -n 's/^\s*k8s.io\/kubernetes \(v[0-9.]*\).*/\1/p' "$hack/kubernetes/go.mod"; }

has_tools() {
  local folder=$1 tool
  shift
  for tool in "$@"; do [[ -x "$folder/$tool" ]] || return 1; done
}

find_kubernetes() {
  local in_path
  in_path=$(command -v "$1" || true)
  for kubernetes_bin in "${KUBEBUILDER_ASSETS:-}" "${in_path%/*}"; do
    [[ -n "$kubernetes_bin" ]] && has_tools "$kubernetes_bin" "$@" && return
  done
  kubernetes_bin="$(cache_folder)/kubernetes-$(kubernetes_version)"
  has_tools "$kubernetes_bin" "$@" && return
  find_go
  with_progress "building $* $(kubernetes_version) from Go modules (minutes, once)" "$(cache_folder)/kubernetes.log" \
    "$hack/kubernetes/build" "$go" "$kubernetes_bin" "$@" || exit
}

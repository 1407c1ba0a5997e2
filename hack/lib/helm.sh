# shellcheck shell=bash
# helm, to render and check the chart with. Sourced, with print.sh, interrupt.sh, packages.sh, cache.sh and go.sh; `hack` is the folder
# of the scripts.
#
#   find_helm   sets `helm` to the one that hack/helm/build builds from pinned Go modules into the cache: goldens show one version's output

find_helm() {
  local folder
  folder="$(cache_folder)/helm-$(cat "$hack"/helm/{go.mod,build} | sha256sum | cut -c 1-12)"
  helm="$folder/helm"
  [[ -x "$helm" ]] && return
  find_go
  with_progress "building helm from Go modules (minutes, once)" "$(cache_folder)/helm.log" "$hack/helm/build" "$go" "$folder" || exit
}

# shellcheck shell=bash
# Container images without a container engine. Sourced, with print.sh, interrupt.sh, packages.sh and cache.sh.
#
#   in_buildah ARGUMENT…          buildah, with its images and layers in our cache
#   need_base LOG                 makes the image `base_image`: Debian 12, from the registry where it can be reached, otherwise from Debian's
#                                 own mirror by debootstrap
#   save_image IMAGE ARCHIVE LOG  writes it as an OCI archive

base_image=localhost/debian:bookworm
buildah=(buildah --root "$(cache_folder)/containers" --runroot "$(cache_folder)/containers-run")

in_buildah() { "${buildah[@]}" "$@"; }

need_base() {
  local log=$1
  in_buildah inspect --type image "$base_image" >/dev/null 2>&1 && return
  if in_buildah pull --quiet docker.io/library/debian:bookworm-slim >>"$log" 2>&1; then
    in_buildah tag docker.io/library/debian:bookworm-slim "$base_image"
  else
    make_base "$log"
  fi
}

make_base() {
  local log=$1 folder container
  folder=$(mktemp -d "$(cache_folder)/debian.XXXXXX")
  with_progress "getting Debian 12" "$log" debootstrap --variant=minbase --include=ca-certificates bookworm "$folder" || exit
  container=$(in_buildah from scratch)
  in_buildah add --quiet "$container" "$folder" / >>"$log"
  in_buildah commit --rm --quiet "$container" "$base_image" >>"$log"
  rm -rf "$folder"
}

save_image() {
  rm -f "$2"
  mkdir -p "$(dirname "$2")"
  in_buildah push --quiet "$1" "oci-archive:$2:$1" >>"$3"
}

# shellcheck shell=bash
# Where things are kept that take long to make and do not depend on the source tree. Sourced.

cache_folder() {
  local folder="${XDG_CACHE_HOME:-$HOME/.cache}/lockkeeper"
  mkdir -p "$folder"
  echo "$folder"
}

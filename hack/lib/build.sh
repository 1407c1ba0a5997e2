# shellcheck shell=bash
# Lockkeeper itself, by a preset of CMakePresets.json. Sourced, with print.sh and interrupt.sh; `root` is the repository.
#
#   configure PRESET
#   build PRESET [OPTION…]  configures and builds into build/PRESET, by further options of cmake; the compiler's output is in
#                           build/PRESET.log

# The same source in another folder is the same for ccache, so a fresh clone is built from what an older one has compiled, and so is the
# image, where the compiler is the same by its content alone, and no locale is set.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=yes CCACHE_COMPILERCHECK=content CCACHE_SLOPPINESS=locale

configure() {
  mkdir -p "$root/build"
  : >"$root/build/$1.log"
  with_progress "configuring build/$1" "$root/build/$1.log" cmake -S "$root" --preset "$1" || exit
}

build() {
  configure "$1"
  with_progress "building build/$1" "$root/build/$1.log" env -C "$root" cmake --build --preset "$1" "${@:2}" || exit
}

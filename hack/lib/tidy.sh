# shellcheck shell=bash
# clang-tidy over our translation units, each only when something that it depends on has changed. Sourced, after print.sh,
# interrupt.sh, packages.sh and cache.sh; `root` is the repository.
#
#   tidy_all BUILD_FOLDER     prints the findings; fails when there are some
#
# A unit without findings leaves a stamp in the cache, named by a digest of all that the answer depends on: the unit and every file of
# ours that it includes, its compiler command, .clang-tidy, these scripts, and the versions of clang-tidy and of the libraries; not by
# where the clone is.

# The same checks under a second name, and one that alone takes a sixth of the time to find identifiers that look alike.
tidy_not_again=(
  cert-con36-c cert-con54-cpp cert-dcl03-c cert-dcl37-c cert-dcl51-cpp cert-dcl54-cpp cert-err09-cpp cert-err61-cpp cert-exp42-c
  cert-fio38-c cert-flp37-c cert-msc30-c cert-msc32-c cert-msc54-cpp cert-oop11-cpp cert-pos44-c cert-pos47-c cert-sig30-c
  misc-confusable-identifiers
)

# One line a unit: file, tab, digest. awk follows the quoted includes, as the compiler does: beside the file, then below the roots.
tidy_digests() {
  local build=$1 ours
  ours=$({
    dpkg-query --show "${packages_build[@]}" "${packages_test[@]}" "${packages_lint[@]}" libstdc++-12-dev
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
  : >"$build/tidy.progress"
  printf '%s\n' "${todo[@]}" >"$build/tidy.todo"
  in_group xargs --arg-file="$build/tidy.todo" --max-args=2 --max-procs="$(nproc)" \
    "$hack/lib/tidy_unit" "$build" "-${tidy_not_again[*]}" "$((${#todo[@]} / 2))" || status=1
  return "$status"
}

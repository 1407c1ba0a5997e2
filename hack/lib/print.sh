# shellcheck shell=bash
# Progress lines on standard error, each with the seconds since the outermost script started. Sourced.
#
#   say TEXT…                          one line of progress
#   die TEXT…                          the last line: what went wrong, then exit 1
#   usage                              the comment at the head of the script, then exit 2
#   show_step TITLE LOG STARTED        that a step goes on: on a terminal its seconds and the newest line of LOG, on a line that is
#                                      overwritten; elsewhere a line every 20 seconds. Called again and again.

export LOCKKEEPER_STARTED="${LOCKKEEPER_STARTED:-$EPOCHSECONDS}"

if [[ -t 2 && -z "${NO_COLOR:-}" ]]; then
  dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'
else
  dim='' red='' plain=''
fi
clear_line=''
[[ ! -t 2 ]] || clear_line=$'\r\e[K'

stamp() { printf '%s%s[%4ds]%s ' "$clear_line" "$dim" "$(elapsed)" "$plain"; }

elapsed() { echo $((EPOCHSECONDS - LOCKKEEPER_STARTED)); }

say() { printf '%s%s\n' "$(stamp)" "$*" >&2; }

die() {
  say "$red$*$plain"
  exit 1
}

usage() {
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

last_shown=0
show_step() {
  local title=$1 log=$2 seconds=$((EPOCHSECONDS - $3)) newest
  ((EPOCHSECONDS != last_shown)) || return 0
  last_shown=$EPOCHSECONDS
  if [[ -t 2 ]]; then
    newest=$(tail -c 2000 "$log" | tr -d '\000\r\033' | tail -n 1)
    newest="$title … ${seconds} s  $newest"
    printf '%s%s' "$(stamp)" "${newest:0:$(tput cols 2>/dev/null || echo 80)-9}" >&2
  elif ((seconds > 0 && seconds % 20 == 0)); then
    say "$title … ${seconds} s"
  fi
}

# shellcheck shell=bash
# What the deploy scripts say: one line per step, and on failure the step, the
# command, the log file and the end of that log. Sourced, never run.

MPD_LOG_DIR=${MPD_LOG_DIR:-/var/log/mpd-deploy${MPD_SANDBOX:+-$MPD_SANDBOX}}

say() { printf '%s\n' "$*"; }

heading() { printf '\n%s\n' "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# A short remark that the running step shows behind its name ("up to date").
note() { [[ -z ${MPD_STEP_NOTE:-} ]] || printf '%s' "$*" >"$MPD_STEP_NOTE"; }

now_ms() { printf '%d' "$(($(date +%s%N) / 1000000))"; }

# step NAME COMMAND...: runs COMMAND (function or program) with its output in a
# log of its own. `set -e` holds inside the command: a plain `if` would turn it off.
step() {
  local name=$1 slug log begin rc
  shift
  slug=${name//[^a-zA-Z0-9]/-}
  mkdir -p "$MPD_LOG_DIR"
  log=$MPD_LOG_DIR/${slug,,}.log
  MPD_STEP_NOTE=$(mktemp)
  begin=$(now_ms)
  [[ ! -t 1 ]] || printf '  %-22s ...\r' "$name"
  set +e
  (
    set -euo pipefail
    printf '# %s: %s\n' "$(date -Is)" "$*"
    "$@"
  ) >"$log" 2>&1 </dev/null
  rc=$?
  set -e
  step_report "$name" "$rc" "$begin" "$(cat "$MPD_STEP_NOTE")"
  rm -f "$MPD_STEP_NOTE"
  MPD_STEP_NOTE=
  ((rc == 0)) || step_failed "$name" "$rc" "$log" "$*"
}

step_report() {
  local name=$1 rc=$2 elapsed remark=$4 verdict=ok
  elapsed=$(($(now_ms) - $3))
  ((rc == 0)) || verdict=FAILED
  printf '  %-22s %-6s %5d.%d s  %s\n' "$name" "$verdict" $((elapsed / 1000)) \
    $((elapsed % 1000 / 100)) "$remark"
}

step_failed() {
  local name=$1 rc=$2 log=$3 command=$4
  {
    printf '\nThe step "%s" failed with exit code %d.\n' "$name" "$rc"
    printf '  command: %s\n  log:     %s\n  its last lines:\n' "$command" "$log"
    tail -n 20 "$log" | sed 's/^/    /'
  } >&2
  exit "$rc"
}

deploy_lock() { printf '/run/mpd-deploy%s.lock' "${MPD_SANDBOX:+-$MPD_SANDBOX}"; }

# one_at_a_time SCRIPT ARGUMENTS...: runs the script again under the lock of this
# sandbox, which -o keeps from the processes that it leaves behind.
one_at_a_time() {
  [[ -z ${MPD_LOCKED:-} ]] || return 0
  MPD_LOCKED=yes exec flock -o "$(deploy_lock)" "$@"
}

# locked FILE COMMAND...: runs COMMAND (function or program) while nobody else has
# FILE locked: for what two sandboxes, or two clones of this tree, share.
locked() {
  local file=$1
  shift
  mkdir -p "${file%/*}"
  (
    flock 9
    "$@" 9>&-
  ) 9>"$file"
}

# until_true SECONDS COMMAND...: asks every 100 ms until COMMAND succeeds.
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

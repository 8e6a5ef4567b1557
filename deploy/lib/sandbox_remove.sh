# shellcheck shell=bash
# Taking the sandbox off the host again.

# Everything of this sandbox, and with the user's own also the caches, unless
# another sandbox uses them. A folder that still carries a mount is left alone:
# removing through a bind mount would reach the host's own files.
purge_sandbox() {
  local folder folders=("$SANDBOX_DIR" "$SANDBOX_RUN")
  if [[ -z $MPD_SANDBOX ]]; then
    if compgen -G '/var/lib/mpd-sandbox-*' >/dev/null; then
      note "caches kept for other sandboxes"
    else
      folders+=("$MPD_CACHE_DIR")
    fi
  fi
  for folder in "${folders[@]}"; do
    [[ -d $folder ]] || continue
    ! findmnt -rn -o TARGET | grep -qE "^$folder(/|$)" || die "$folder still carries a mount: not removed."
    rm -rf --one-file-system "$folder"
  done
}

# shellcheck shell=bash
# Taking the sandbox off the host again.

# Everything of ours on the host. A folder that still carries a mount is left
# alone: removing through a bind mount would reach the host's own files.
purge_sandbox() {
  local folder
  for folder in "$SANDBOX_DIR" "$SANDBOX_RUN" "$MPD_CACHE_DIR"; do
    [[ -d $folder ]] || continue
    ! findmnt -rn -o TARGET | grep -qE "^$folder(/|$)" || die "$folder still carries a mount: not removed."
    rm -rf --one-file-system "$folder"
  done
}

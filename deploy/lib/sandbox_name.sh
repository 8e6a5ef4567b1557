# shellcheck shell=bash
# Which sandbox this is. MPD_SANDBOX in the environment names it; without a name it is the one that
# deploy/up makes for the user. Sandboxes of different names run side by side: all that they share is
# the cache (MPD_CACHE_DIR), whose parts are made under locks.

MPD_SANDBOX=${MPD_SANDBOX:-}
# With the prefix of CABLE below, a name of 11 characters fills the 15 that an interface may have.
[[ -z $MPD_SANDBOX || $MPD_SANDBOX =~ ^[a-z][a-z0-9-]{0,10}$ ]] ||
  die "MPD_SANDBOX='$MPD_SANDBOX': a lower-case letter, then at most 10 letters, digits and dashes."

MACHINE=mpd-sandbox${MPD_SANDBOX:+-$MPD_SANDBOX}
# shellcheck disable=SC2034  # all of these are used by the other parts
{
  # The laptop's network namespace, and the veth interface in it; the other end is host0 in the machine.
  LAPTOP=mpd-laptop${MPD_SANDBOX:+-$MPD_SANDBOX}
  CABLE=ve-mpd-sandbox
  [[ -z $MPD_SANDBOX ]] || CABLE=mpd-$MPD_SANDBOX
  SANDBOX_DIR=/var/lib/$MACHINE
  SANDBOX_RUN=/run/$MACHINE
}

# shellcheck shell=bash
# Whether the environment answers: the resolver by an answer, the runtime by
# sshd's banner. The same questions from the VM and from the laptop.

RESOLVER=10.163.0.3
CHECKED_NAME=php.runtime.mpd.test

# ask PREFIX...: PREFIX is put before each command (the way into the laptop).
ask() {
  local address
  address=$("$@" dig +short +time=2 +tries=3 "@$RESOLVER" "$CHECKED_NAME" A | tail -n 1)
  [[ $address =~ ^[0-9.]+$ ]] || die "the resolver at $RESOLVER has no address for $CHECKED_NAME: '$address'"
  "$@" ssh-keyscan -T 5 -t ed25519 "$address" | grep -q ssh-ed25519 ||
    die "sshd at $address did not answer: see mpdctl logs runtime php"
  note "$CHECKED_NAME is $address, sshd answers"
}

check_from_vm() {
  mpdctl runtime list --json | grep -q '"php"' || { note "no runtime php to ask for" && return; }
  ask env
}

next_steps_vm() {
  heading "Next"
  cat <<NEXT
  the state again          mpdctl status
  another runtime          mpdctl runtime create node
  a database               mpdctl db create postgres $(version_of postgres "$(host_release)")
  let a laptop in          sudo deploy/lib/tunnel peer NAME ITS-WIREGUARD-PUBLIC-KEY
  take it down             sudo deploy/down        (data stays; --purge takes all)
NEXT
}

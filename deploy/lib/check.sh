# shellcheck shell=bash
# Whether the environment answers: the resolver by an answer, the runtime and fileaccess by sshd's
# banner, the portal and what it stands in front of by a page. The same questions from the VM and from
# the laptop.

RESOLVER=10.163.0.3
ZONE=mpd.test
CHECKED_NAME=php.runtime.$ZONE

# In all that follows PREFIX is put before each command (the way into the laptop). A container that the
# new daemons make anew gets half a minute.
PATIENCE=30

# address_of NAME PREFIX...
address_of() {
  local name=$1 address
  shift
  address=$("$@" dig +short +time=2 +tries=3 "@$RESOLVER" "$name" A | tail -n 1)
  [[ $address =~ ^[0-9.]+$ ]] || die "the resolver at $RESOLVER has no address for $name: '$address'"
  printf '%s' "$address"
}

# ask_sshd NAME WORKLOAD PREFIX...
ask_sshd() {
  local name=$1 workload=$2 address end=$((SECONDS + PATIENCE))
  shift 2
  address=$(address_of "$name" "$@")
  until "$@" ssh-keyscan -T 5 -t ed25519 "$address" | grep -q ssh-ed25519; do
    ((SECONDS < end)) || die "sshd at $address did not answer: see mpdctl logs $workload"
    sleep 0.5
  done
}

# ask_page NAME PREFIX...
ask_page() {
  local name=$1 address
  shift
  address=$(address_of "$name" "$@")
  "$@" curl --silent --show-error --fail --output /dev/null --max-time 10 --noproxy '*' \
    --retry "$PATIENCE" --retry-delay 1 --retry-max-time "$PATIENCE" --retry-all-errors \
    --resolve "$name:80:$address" "http://$name/" ||
    die "http://$name/ at $address did not answer: see mpdctl status"
}

ask_services() {
  ask_page "$ZONE" "$@"
  ask_page "adminer.service.$ZONE" "$@"
  ask_sshd "fileaccess.service.$ZONE" service/fileaccess "$@"
  note "portal, adminer, fileaccess answer"
}

ask() {
  ask_services "$@"
  ask_sshd "$CHECKED_NAME" runtime/php "$@"
  note "portal, adminer, fileaccess, $CHECKED_NAME answer"
}

check_from_vm() {
  if mpdctl runtime list --json | grep -q '"php"'; then ask env; else ask_services env; fi
}

next_steps_vm() {
  heading "Next"
  cat <<NEXT
  the state again          mpdctl status
  another runtime          mpdctl runtime create node
  a database               mpdctl db create postgres $(version_of postgres "$(host_release)")
  where all of it is       http://$ZONE/ in a browser on the laptop
  let a laptop in          sudo deploy/lib/tunnel peer NAME ITS-WIREGUARD-PUBLIC-KEY
  take it down             sudo deploy/down        (data stays; --purge takes all)
NEXT
}

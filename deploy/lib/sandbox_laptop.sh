# shellcheck shell=bash
# The laptop of the sandbox: a network namespace that reaches the machine by
# nothing but a cable (the machine's veth) and, over it, the tunnel.

LAPTOP_DIR=$SANDBOX_DIR/laptop
# The cable's own addresses (documentation range): only the tunnel's packets use them.
CABLE_LAPTOP=192.0.2.1
CABLE_MACHINE=192.0.2.2
TUNNEL_LAPTOP=10.164.0.1
TUNNEL_NETWORKS=10.164.0.0/30,10.163.0.0/24

in_laptop() {
  [[ -e /run/netns/$LAPTOP ]] || die "the laptop's namespace is missing: start it with deploy/sandbox up."
  mkdir -p /run/wireguard "$SANDBOX_RUN/wireguard"
  nsenter --net="/run/netns/$LAPTOP" -- unshare --mount --propagation slave \
    "$MPD_DEPLOY/lib/enter-laptop" "$SANDBOX_RUN/wireguard" "$@"
}

wireguard_go_pid() { our_process "$SANDBOX_RUN/wireguard-go.pid" '^wireguard-go -f mpd0'; }

# Whether it serves the namespace of this name. One that was started in an earlier
# namespace keeps that one alive, and the cable in it: laptop_up ends it.
wireguard_go_is_here() {
  local pid
  pid=$(wireguard_go_pid)
  [[ -n $pid && /proc/$pid/ns/net -ef /run/netns/$LAPTOP ]] && in_laptop wg show mpd0 >/dev/null
}

laptop_up() {
  ip netns list | grep -qw "$LAPTOP" || ip netns add "$LAPTOP"
  wireguard_go_is_here || stop_wireguard_go
  in_laptop ip link set lo up
  plug_cable
}

plug_cable() {
  if ip link show "$CABLE" >/dev/null 2>&1; then ip link set "$CABLE" netns "$LAPTOP"; fi
  in_laptop ip link show "$CABLE" >/dev/null 2>&1 || until_true 10 lay_cable
  in_laptop ip address replace "$CABLE_LAPTOP/30" dev "$CABLE"
  in_laptop ip link set "$CABLE" up
  in_machine ip address replace "$CABLE_MACHINE/30" dev host0
  in_machine ip link set host0 up
}

# When a namespace ends, the kernel removes the cable in it a moment later, and
# refuses a new one until then: so this is tried repeatedly.
lay_cable() {
  ip link add "$CABLE" netns "$LAPTOP" type veth peer name host0 netns "$(machine_pid)"
}

# Keys are made where they are missing and never replaced.
make_laptop_keys() {
  install -d -m 0700 "$LAPTOP_DIR"
  [[ -e $LAPTOP_DIR/mpd0.key ]] || (umask 077 && wg genkey >"$LAPTOP_DIR/mpd0.key")
  wg pubkey <"$LAPTOP_DIR/mpd0.key" >"$LAPTOP_DIR/mpd0.pub"
  [[ -e $LAPTOP_DIR/id_ed25519 ]] ||
    ssh-keygen -q -t ed25519 -N '' -C "$LAPTOP" -f "$LAPTOP_DIR/id_ed25519"
}

# The machine's side is made by the same code as on a real VM; here each side
# learns the other's public key.
tunnel_up() {
  local key
  in_machine "$MPD_DEPLOY/lib/tunnel" up
  in_machine "$MPD_DEPLOY/lib/tunnel" peer "$LAPTOP" "$(cat "$LAPTOP_DIR/mpd0.pub")"
  start_wireguard_go
  key=$(in_machine cat /etc/mpd/mpd0.pub)
  in_laptop wg syncconf mpd0 <(laptop_configuration "$key")
  in_laptop ip address replace "$TUNNEL_LAPTOP/30" dev mpd0
  in_laptop ip link set mpd0 up mtu 1420
  in_laptop ip route replace 10.163.0.0/24 dev mpd0
  if ! tunnel_answers; then
    # A machine that was started anew does not know the session that the laptop
    # has, and the laptop gives it up after 15 s only. Without the peer it is gone.
    in_laptop wg set mpd0 peer "$key" remove
    in_laptop wg syncconf mpd0 <(laptop_configuration "$key")
  fi
  until_true 15 tunnel_answers ||
    die "no answer through the tunnel: see $MPD_LOG_DIR/wireguard-go.log"
}

tunnel_answers() { in_laptop ping -q -c 1 -W 1 10.164.0.2; }

# The machine is the only peer, so that the key of another release goes.
laptop_configuration() {
  printf '[Interface]\nPrivateKey = %s\n' "$(<"$LAPTOP_DIR/mpd0.key")"
  printf '[Peer]\nPublicKey = %s\nEndpoint = %s:51820\nAllowedIPs = %s\nPersistentKeepalive = 15\n' \
    "$1" "$CABLE_MACHINE" "$TUNNEL_NETWORKS"
}

start_wireguard_go() {
  [[ -z $(wireguard_go_pid) ]] || return 0
  # shellcheck disable=SC2016  # expanded by the inner shell
  in_laptop setsid --fork bash -c \
    'printf "%s\n" $$ >"$0"; exec wireguard-go -f mpd0' "$SANDBOX_RUN/wireguard-go.pid" \
    >"$MPD_LOG_DIR/wireguard-go.log" 2>&1 </dev/null
  until_true 10 in_laptop wg show mpd0 >/dev/null
}

stop_wireguard_go() {
  local pid
  pid=$(wireguard_go_pid)
  if [[ -n $pid ]]; then
    kill "$pid"
    until_true 5 process_gone "$pid" || kill -KILL "$pid"
  fi
  rm -f "$SANDBOX_RUN/wireguard-go.pid"
}

laptop_down() {
  stop_wireguard_go
  [[ ! -e /run/netns/$LAPTOP ]] || ip netns delete "$LAPTOP"
}

tunnel_status() {
  local seen
  [[ -n $(wireguard_go_pid) ]] || { printf 'down' && return; }
  seen=$(in_laptop wg show mpd0 latest-handshakes | awk '{print $2; exit}')
  if ((${seen:-0} == 0)); then printf 'up, no handshake yet'; return; fi
  printf 'up, last handshake %d s ago' $(($(date +%s) - seen))
}

# shellcheck shell=bash
# The second half of deploy/up: from installed programs to a running
# environment. Needs systemd, and no network but the machine's own.

DAEMONS=(mpd-ipam mpd-dnsd-controller mpd-container-manager mpd-ca mpd-gateway)
STATE_DIR=/var/lib/mpd
CONFIG_DIR=/etc/mpd
STAMPS=/var/lib/mpd-deploy/units

# The sandbox says so by the file that holds its laptop's public key.
in_sandbox() { [[ -e /etc/mpd-sandbox ]]; }

# The person whose name and keys the runtimes carry: who called sudo, or in the
# sandbox a user made for it.
developer_name() {
  if in_sandbox; then printf dev; else printf '%s' "${SUDO_USER:-}"; fi
}

# put SOURCE TARGET: installs a file when it differs.
put() { cmp -s "$1" "$2" || install -D -m 0644 "$1" "$2"; }

users_and_folders() {
  local source=$MPD_DEPLOY/systemd
  put "$source/sysusers.d/mpd.conf" /etc/sysusers.d/mpd.conf
  put "$source/tmpfiles.d/mpd.conf" /etc/tmpfiles.d/mpd.conf
  put "$source/sysctl.d/60-mpd.conf" /etc/sysctl.d/60-mpd.conf
  systemd-sysusers mpd.conf
  systemd-tmpfiles --create mpd.conf
  sysctl -q -p /etc/sysctl.d/60-mpd.conf
  if in_sandbox; then sandbox_developer; fi
  if [[ -n $(developer_name) ]]; then usermod -aG mpd "$(developer_name)"; fi
}

sandbox_developer() {
  local name key=/etc/mpd-sandbox
  name=$(developer_name)
  getent passwd "$name" >/dev/null || useradd --create-home --uid 1000 --shell /bin/bash "$name"
  usermod --password '*' "$name"
  install -d -m 0700 -o "$name" -g "$name" "/home/$name/.ssh"
  cmp -s "$key" "/home/$name/.ssh/authorized_keys" ||
    install -m 0600 -o "$name" -g "$name" "$key" "/home/$name/.ssh/authorized_keys"
}

# The address by which the laptop knows the VM; empty in the sandbox.
write_configuration() {
  local address=
  if [[ ! -e $STATE_DIR/conf/platform.env ]]; then
    if ! in_sandbox; then address=$(ip -4 route get 192.0.2.1 2>/dev/null | sed -nE 's/.* src ([0-9.]+).*/\1/p'); fi
    printf 'MPD_PLATFORM=%s\nMPD_VM_IP=%s\nMPD_VM_ID=%s\n' \
      "$(if in_sandbox; then printf sandbox; else printf managed; fi)" "$address" "$(hostname)" \
      >"$STATE_DIR/conf/platform.env"
    note "written"
  fi
  [[ ! -e $CONFIG_DIR/mpd.textproto ]] || return 0
  {
    printf '# proto-message: mpd.config.v1.Config\n'
    printf '# Every field and its default: proto/mpd/config/v1/config.proto in the source.\n'
    if [[ -n $(developer_name) ]]; then printf 'developer { user: "%s" }\n' "$(developer_name)"; fi
  } >"$CONFIG_DIR/mpd.textproto"
}

install_units() {
  local unit
  for unit in "$MPD_DEPLOY"/systemd/*.{target,service}; do
    put "$unit" "/etc/systemd/system/${unit##*/}"
  done
  put "$MPD_DEPLOY/systemd/libpod-.scope.d/mpd.conf" /etc/systemd/system/libpod-.scope.d/mpd.conf
  systemctl daemon-reload
  systemctl enable -q mpd.target "${DAEMONS[@]/%/.service}"
  systemctl enable -q --now mpd-containers.service
}

# What a unit was last started from: its program, its unit file, the configuration.
unit_stamp() {
  cat "/usr/local/bin/$1" "/etc/systemd/system/$1.service" "$CONFIG_DIR/mpd.textproto" \
    "$STATE_DIR/conf/platform.env" | sha256sum
}

# Only what changed is restarted; a unit that does not run is started. Not waited
# for by systemctl: with Restart=always it would wait for ever for one that fails.
start_units() {
  local daemon changed=()
  mkdir -p "$STAMPS"
  for daemon in "${DAEMONS[@]}"; do
    [[ $(cat "$STAMPS/$daemon" 2>/dev/null) == "$(unit_stamp "$daemon")" ]] || changed+=("$daemon")
  done
  if ((${#changed[@]})); then systemctl restart --no-block "${changed[@]/%/.service}"; fi
  systemctl start --no-block mpd.target "${DAEMONS[@]/%/.service}"
  for daemon in "${DAEMONS[@]}"; do
    until_true 45 systemctl is-active -q "$daemon" || unit_failed "$daemon"
  done
  for daemon in "${changed[@]}"; do unit_stamp "$daemon" >"$STAMPS/$daemon"; done
  note "$(if ((${#changed[@]})); then printf 'restarted: %s' "${changed[*]}"; else printf 'unchanged'; fi)"
}

unit_failed() {
  systemctl status --no-pager --lines=0 "$1" || true
  journalctl --no-pager --lines=15 --output=cat --unit="$1" || true
  die "$1 did not become ready."
}

environment_up() { mpdctl up --timeout 120s; }

# A first runtime, so that there is something to log in to.
first_runtime() {
  if mpdctl runtime list --json | grep -q '"name"'; then
    note "there is one already"
    return
  fi
  mpdctl runtime create php --timeout 120s
  note "php"
}

start() {
  local image release
  release=$(host_release)
  step "Users and folders" users_and_folders
  step "Podman" podman_up
  for image in $(image_names); do step "Load $image" load_image "$image" "$release"; done
  step "Tunnel of this VM" "$MPD_DEPLOY/lib/tunnel" up
  step "Configuration" write_configuration
  step "Units" install_units
  step "Daemons" start_units
  step "Environment" environment_up
  step "Runtime" first_runtime
  step "Answers" check_from_vm
}

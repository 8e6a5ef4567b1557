# shellcheck shell=bash
# Podman as the VM's container engine, with its API on a socket.

# Only machines that cannot do better need a configuration: without the right to
# raise limits the defaults must be below ours, and with the version 1 cgroup
# layout neither systemd nor crun can manage the containers' groups.
podman_settings() {
  local effective
  effective=$(awk '/^CapEff:/ {print $2}' /proc/1/status)
  if [[ ! -f /sys/fs/cgroup/cgroup.controllers ]]; then
    printf '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nenv = ["PODMAN_IGNORE_CGROUPSV1_WARNING=1"]\n'
  fi
  if (((0x$effective >> 24 & 1) == 0)); then
    printf '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n'
  fi
}

podman_up() {
  local settings target=/etc/containers/containers.conf.d/mpd.conf
  settings=$(podman_settings)
  if [[ -n $settings ]]; then
    note "with limits of the sandbox"
    mkdir -p "${target%/*}"
    [[ $(cat "$target" 2>/dev/null) == "$settings" ]] || printf '%s\n' "$settings" >"$target"
  fi
  systemctl enable -q --now podman.socket
  podman_answers
}

# The socket answers, not merely exists: systemd starts Podman on the first call.
podman_answers() { podman --url unix:///run/podman/podman.sock info >/dev/null; }

# shellcheck shell=bash
# deploy/down on a VM. Without purge all data stays, in place for the next up.

# Whether anything is left to remove; the last file to go is asked for last.
installed_here() {
  [[ -e /etc/systemd/system/mpd.target || -d /var/lib/mpd || -e /etc/sysusers.d/mpd.conf ]]
}

stop_environment() {
  if [[ -S /run/mpd/gateway.sock ]] && command -v mpdctl >/dev/null; then
    mpdctl down --timeout 180s || note "not all stopped by itself"
  fi
}

# What the daemons could not stop any more, found by the label that they set; each gets the time that
# it was made with.
stop_containers() {
  local ids
  command -v podman >/dev/null || return 0
  mapfile -t ids < <(podman ps -q --filter label=mpd.managed=true)
  ((${#ids[@]} == 0)) || podman stop "${ids[@]}"
}

stop_units() {
  local unit
  for unit in mpd.target mpd-gateway mpd-ca mpd-container-manager mpd-dnsd-controller mpd-ipam mpd-containers \
    wg-quick@mpd0; do
    systemctl disable -q --now "$unit" 2>/dev/null || ! systemctl is-active -q "$unit"
  done
}

remove_programs() {
  local name
  for name in mpd-ipam mpd-dnsd-controller mpd-container-manager mpd-ca mpd-gateway; do
    rm -f "/usr/local/bin/$name" "/etc/systemd/system/$name.service"
  done
  rm -f /usr/local/bin/mpdctl /etc/systemd/system/mpd{.target,-containers.service} \
    /etc/sysctl.d/60-mpd.conf
  rm -rf /var/lib/mpd-deploy /etc/systemd/system/libpod-.scope.d
  systemctl daemon-reload
  systemctl reset-failed 'mpd*' 2>/dev/null || true
}

# Only what carries our label or our name.
purge_podman() {
  local ids
  command -v podman >/dev/null || return 0
  mapfile -t ids < <(podman ps -aq --filter label=mpd.managed=true)
  ((${#ids[@]} == 0)) || podman rm -f -t 5 "${ids[@]}"
  mapfile -t ids < <(podman volume ls -q --filter label=mpd.managed=true)
  ((${#ids[@]} == 0)) || podman volume rm "${ids[@]}"
  ! podman network exists mpd-internal || podman network rm mpd-internal
  mapfile -t ids < <(podman images -q --filter label=mpd.recipe | sort -u)
  ((${#ids[@]} == 0)) || podman image rm -f "${ids[@]}"
  rm -f /etc/containers/containers.conf.d/mpd.conf
}

purge_files() {
  local user
  rm -rf --one-file-system /var/lib/mpd /run/mpd /etc/mpd
  # In the sandbox the cache is the host's.
  mountpoint -q /var/cache/mpd || rm -rf --one-file-system /var/cache/mpd
  for user in mpd-ipam mpd-dnsd mpd-ca mpd-gateway; do
    ! getent passwd "$user" >/dev/null || userdel "$user"
  done
  ! getent group mpd >/dev/null || groupdel -f mpd
  rm -f /etc/wireguard/mpd0.conf /etc/tmpfiles.d/mpd.conf /etc/sysusers.d/mpd.conf
}

remove_from_vm() {
  local purge=$1
  step "Environment" stop_environment
  step "Units" stop_units
  step "Containers" stop_containers
  step "Programs" remove_programs
  [[ -n $purge ]] || return 0
  step "Containers' data" purge_podman
  step "Files and users" purge_files
}

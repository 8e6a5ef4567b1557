# shellcheck shell=bash
# The booted sandbox: a systemd-nspawn machine. Where systemd runs on the host, it
# knows of no more than the scope that the machine is in.

machine_release() { cat "$SANDBOX_RUN/release" 2>/dev/null || true; }

# our_process FILE PATTERN: the process that FILE names, provided that its
# command line still matches: the number may have gone to somebody else since.
our_process() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 0
  [[ $pid =~ ^[0-9]+$ ]] || return 0
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qE -- "$2" && printf '%s' "$pid"
  return 0
}

nspawn_pid() { our_process "$SANDBOX_RUN/nspawn.pid" "systemd-nspawn.* --machine=$MACHINE "; }

# The machine's PID 1 as this host numbers it; empty when it does not run.
machine_pid() {
  local parent child children
  parent=$(nspawn_pid)
  [[ -n $parent ]] || return 0
  read -ra children <"/proc/$parent/task/$parent/children" || true
  for child in "${children[@]}"; do
    [[ $(cat "/proc/$child/comm" 2>/dev/null) != systemd ]] || printf '%s' "$child"
  done
}

# in_machine COMMAND...: its exit code is the command's. The terminal, when
# there is one, is passed on as it is.
in_machine() {
  local pid
  pid=$(machine_pid)
  [[ -n $pid ]] || die "the sandbox does not run: start it with deploy/sandbox up."
  nsenter -t "$pid" --all -- /usr/bin/env -i -C /root HOME=/root USER=root LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM="${TERM:-dumb}" \
    MPD_LOG_DIR="$MPD_LOG_DIR" MPD_CACHE_DIR="$MPD_CACHE_DIR" "$@"
}

# Where the host has the version 1 cgroup layout, systemd inside has to be told
# to accept it. The TUN device is for the userspace WireGuard. The calls for
# keyrings and BPF are for containers, which have a keyring each and limit devices
# by BPF; systemd-nspawn's filter refuses both by default.
nspawn_arguments() {
  local release=$1 mode source target
  printf '%s\n' --directory="$(sandbox_root "$release")" --machine="$MACHINE" --boot \
    --register=no --keep-unit --network-veth-extra="$CABLE:host0" --capability=all --bind=/dev/net/tun \
    --system-call-filter='@keyring bpf' --resolv-conf=off --timezone=off --link-journal=no --console=pipe
  [[ -f /sys/fs/cgroup/cgroup.controllers ]] || printf '%s\n' \
    --setenv="SYSTEMD_PROC_CMDLINE=SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 systemd.unified_cgroup_hierarchy=0"
  while read -r mode source target; do
    if [[ $mode == ro ]]; then printf -- '--bind-ro=%s:%s\n' "$source" "$target"; fi
    if [[ $mode == rw ]]; then printf -- '--bind=%s:%s\n' "$source" "$target"; fi
  done < <(sandbox_binds "$release")
}

boot_machine() {
  local release=$1 arguments
  if [[ -n $(machine_pid) && $(machine_release) == "$release" ]]; then
    note "Debian $release, runs already"
    return
  fi
  note "Debian $release"
  halt_machine
  mkdir -p "$SANDBOX_RUN"
  remove_stale_link
  mapfile -t arguments < <(nspawn_arguments "$release")
  spawn_machine "${arguments[@]}"
  printf '%s\n' "$release" >"$SANDBOX_RUN/release"
  until_true 20 machine_has_pid1 || die "systemd-nspawn started no systemd: see $MPD_LOG_DIR/machine.log"
  machine_pid >"$SANDBOX_RUN/init.pid"
  until_true 60 machine_has_booted || die "the machine did not finish booting: see $MPD_LOG_DIR/machine.log"
}

spawn_machine() {
  local cgroup=()
  [[ ! -d /run/systemd/system ]] || cgroup=(systemd-run --quiet --scope --slice=machine.slice
    --unit="$MACHINE-$$" -p Delegate=yes)
  SYSTEMD_NSPAWN_API_VFS_WRITABLE=1 setsid --fork "${cgroup[@]}" \
    "$MPD_DEPLOY/lib/boot-machine" "$MACHINE" "$SANDBOX_RUN/nspawn.pid" "$@" \
    >"$MPD_LOG_DIR/machine.log" 2>&1 </dev/null
}

machine_has_pid1() { [[ -n $(machine_pid) ]]; }

# "running" is not waited for: a daemon of ours that fails would keep it from coming,
# and the machine is needed to find out why.
machine_has_booted() { in_machine systemctl is-active -q basic.target dbus.socket 2>/dev/null; }

halt_machine() {
  local pid
  pid=$(nspawn_pid)
  if [[ -n $pid ]]; then
    [[ -z $(machine_pid) ]] || in_machine systemctl poweroff || true
    until_true 240 process_gone "$pid" || kill -KILL "$pid"
  fi
  end_orphan
  until_true 5 remove_groups || true
  rm -f "$SANDBOX_RUN"/{nspawn.pid,init.pid,release}
}

# The control groups that boot-machine made: empty a moment after the machine's end.
remove_groups() {
  local group
  for group in /sys/fs/cgroup/"$MACHINE" /sys/fs/cgroup/*/"$MACHINE"; do
    [[ ! -d $group ]] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || return 1
  done
}

# A killed systemd-nspawn leaves the machine running; with its PID 1 all of it
# ends. It is ours if its root is one of our folders.
end_orphan() {
  local pid root
  pid=$(cat "$SANDBOX_RUN/init.pid" 2>/dev/null) || return 0
  for root in "$SANDBOX_DIR"/*/root; do
    [[ /proc/$pid/root/. -ef $root ]] || continue
    kill -KILL "$pid"
    until_true 10 process_gone "$pid" || die "process $pid (the machine's systemd) does not end."
  done
}

process_gone() { [[ ! -d /proc/$1 ]]; }

# The cable of a machine that ended uncleanly would make the next start fail.
remove_stale_link() {
  ip link delete "$CABLE" 2>/dev/null || true
  ip -n "$LAPTOP" link delete "$CABLE" 2>/dev/null || true
}

# shellcheck shell=bash
# deploy/up in the sandbox: the same two stages as on a VM, the first in the
# root file system with this host's network, the second in the booted machine.

for part in sandbox_root sandbox_machine sandbox_laptop; do
  # shellcheck source=/dev/null
  . "$MPD_DEPLOY/lib/$part.sh"
done

up_in_sandbox() {
  local release=$1
  [[ -n $release ]] || release=$(host_release)
  [[ -n $release ]] || release=13
  codename "$release" >/dev/null
  heading "mpd in a sandbox, Debian $release"
  step "Sandbox tools" install_packages sandbox-host
  step "Root file system" make_root "$release"
  in_root "$release" "$MPD_DEPLOY/up" --stage prepare
  step "Machine" boot_machine "$release"
  step "Laptop" laptop_up
  step "Tunnel" tunnel_up
  in_machine "$MPD_DEPLOY/up" --stage start
  step "Seen from the laptop" ask in_laptop
  heading "State"
  in_machine mpdctl status
  next_steps_sandbox "$release"
}

next_steps_sandbox() {
  # The name has to be on the line: sudo passes no variables on.
  local release=$1 deploy="sudo ${MPD_SANDBOX:+MPD_SANDBOX=$MPD_SANDBOX }deploy"
  heading "Next"
  cat <<NEXT
  mpdctl in the machine    $deploy/sandbox exec mpdctl status
  a name, from the laptop  $deploy/sandbox laptop dig @$RESOLVER $CHECKED_NAME
  log in to a runtime      $deploy/sandbox laptop ssh -i $LAPTOP_DIR/id_ed25519 \\
                             dev@\$($deploy/sandbox laptop dig +short @$RESOLVER $CHECKED_NAME)
  the portal's page        $deploy/sandbox laptop curl http://\$($deploy/sandbox laptop dig +short @$RESOLVER $ZONE)/
  another runtime          $deploy/sandbox exec mpdctl runtime create node
  a database               $deploy/sandbox exec mpdctl db create postgres $(version_of postgres "$release")
  take it down             $deploy/down            (data stays; --purge takes all)
NEXT
}

# shellcheck shell=bash
# What every container that the developer logs in to has alike: the developer, the host key, the
# folders on the volume. For scripts that run as root at each start, before sshd; they change only
# what differs.

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# value FILE KEY PATTERN: what FILE says, provided that it matches. The file is read, not sourced: its
# text is never code.
value() {
  local found
  [[ -r $1 ]] || fail "$1 is missing: was this container made by the container manager?"
  found=$(sed -n "s/^$2=//p" "$1" | tail -n 1)
  [[ $found =~ ^$3$ ]] || fail "$2 in $1 is '$found': expected $3"
  printf '%s' "$found"
}

# make_developer NAME UID [useradd option...]
make_developer() {
  local developer=$1 uid=$2 holder
  shift 2
  [[ $developer != root ]] || fail "the developer cannot be root"
  holder=$(getent passwd "$uid" | cut -d: -f1 || true)
  [[ -z $holder || $holder == "$developer" ]] || fail "uid $uid belongs to $holder in this image"
  if [[ -z $holder ]]; then
    ! getent passwd "$developer" >/dev/null || fail "the name $developer belongs to the system in this image"
    groupadd --force --gid "$uid" "$developer"
    useradd --uid "$uid" --gid "$uid" --shell /bin/bash "$@" "$developer"
  fi
  # '*' and not '!': sshd takes the latter for a locked account.
  usermod --password '*' "$developer"
}

# keep_host_key FOLDER COMMENT: the key lives on the volume, so that a container made anew keeps its
# identity. One that exists but cannot be read is an error, never a reason for another one.
keep_host_key() {
  local folder=$1 key=$1/ssh_host_ed25519_key
  install -d -m 0755 /srv/meta "${folder%/*/*}" "${folder%/*}"
  install -d -m 0700 "$folder"
  if [[ ! -e $key ]]; then
    rm -f "$folder"/new "$folder"/new.pub
    ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$folder/new"
    mv "$folder/new.pub" "$key.pub"
    sync "$folder/new"
    mv "$folder/new" "$key"
  fi
  chmod 0600 "$key"
  ssh-keygen -y -P '' -f "$key" >/dev/null || fail "the host key $key is not usable"
}

# own_folders NAME: where the developer works on the volume, unless somebody else has them already.
own_folders() {
  local folder
  for folder in /srv/projects /srv/data /srv/backups; do
    [[ -d $folder && $(stat -c %u "$folder") != 0 ]] || install -d -m 0755 -o "$1" -g "$1" "$folder"
  done
}

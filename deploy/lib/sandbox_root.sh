# shellcheck shell=bash
# The root filesystem of the sandbox, one per Debian release. One in the cache is
# made once from packages and never booted. The user's sandbox has a copy of it. One
# with a name has a layer of its own over it (overlayfs), on a disk of its own in one
# file: that takes a second to make and to remove. Some disks take minutes to remove
# the 100,000 files that Podman's images consist of. Where the machine has no loop
# device, the layer is a folder; where it has no overlayfs, there is a copy too.

MPD_CACHE_DIR=${MPD_CACHE_DIR:-/var/cache/mpd}
CCACHE_DIR=${CCACHE_DIR:-$MPD_CACHE_DIR/ccache}

sandbox_root() { printf '%s/%s/root' "$SANDBOX_DIR" "$1"; }

# What a making that was killed has left mounted below the folder.
unmount_below() {
  local folder
  while read -r folder; do umount "$folder"; done < <(
    awk -v below="$1/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | sort -r)
}

# Both are built beside their place and renamed when whole: an interrupted run
# leaves nothing that a later one could take for finished.
make_pristine_root() {
  local release=$1 root=$MPD_CACHE_DIR/roots/$1 temp=$MPD_CACHE_DIR/roots/$1.making
  [[ ! -d $root ]] || return 0
  unmount_below "$temp"
  rm -rf --one-file-system "$temp"
  mkdir -p "$temp"
  bootstrap "$release" "$temp" \
    --include="$(package_list build run vm sandbox-machine | paste -sd,)"
  debian_sources "$release" >"$temp/etc/apt/sources.list"
  apt_settings >"$temp/etc/apt/apt.conf.d/90mpd"
  mv "$temp" "$root"
}

make_root() {
  local release=$1 root
  root=$(sandbox_root "$release")
  if [[ -x $root/usr/bin/env ]]; then
    note "Debian $release, kept"
  else
    note "Debian $release"
    locked "$MPD_CACHE_DIR/roots/$release.lock" make_pristine_root "$release"
    mkdir -p "$SANDBOX_DIR/$release"
    lay_over "$release" || copy_root "$release"
  fi
  dress_root "$root"
}

# Mounted from here on until deploy/sandbox down; the layer itself stays until a purge.
lay_over() {
  local folder=$SANDBOX_DIR/$1
  [[ -n $MPD_SANDBOX ]] || return 1
  mkdir -p "$folder"/{layer,root}
  mount_disk "$folder/disk" "$folder/layer" || die "$folder/disk cannot be mounted."
  mkdir -p "$folder/layer"/{changes,work}
  if ! mount -t overlay "$MACHINE" "$folder/root" -o \
    "lowerdir=$MPD_CACHE_DIR/roots/$1,upperdir=$folder/layer/changes,workdir=$folder/layer/work"; then
    unmount_roots
    rm -rf --one-file-system "$folder"/{disk,layer,root}
    return 1
  fi
}

# mount_disk FILE FOLDER: makes the disk where it is missing; where that cannot be
# done, FOLDER stays what it is. Fails only where a disk that is there cannot be mounted.
mount_disk() {
  local file=$1 folder=$2
  if [[ -e $file ]]; then
    mount -o loop "$file" "$folder"
  elif truncate -s 16G "$file.new" && mkfs.ext4 -q -J size=64 "$file.new" &&
    mount -o loop "$file.new" "$folder"; then
    mv "$file.new" "$file"
  else
    rm -f "$file.new"
  fi
}

copy_root() {
  local temp=$SANDBOX_DIR/$1/copying
  rm -rf --one-file-system "$temp"
  cp -a --reflink=auto "$MPD_CACHE_DIR/roots/$1" "$temp"
  mv "$temp" "$SANDBOX_DIR/$1/root"
}

unmount_roots() {
  local folder
  for folder in "$SANDBOX_DIR"/*/{root,layer}; do
    ! mountpoint -q "$folder" || umount "$folder"
  done
}

# The files of ours in the root; the same each time, so it can simply be repeated.
dress_root() {
  local root=$1
  cp -r "$MPD_DEPLOY/sandbox-root/." "$root/"
  make_laptop_keys
  cp "$LAPTOP_DIR/id_ed25519.pub" "$root/etc/mpd-sandbox"
  printf '%s\n' "$MACHINE" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost\n' "$MACHINE" >"$root/etc/hosts"
  ln -sfn ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
}

# What the root sees of the host: the source tree at the same path, read-only
# (so that compiler cache entries are shared), a build folder per release, the caches, the logs, and
# where its root is a layer, a folder for Podman.
sandbox_binds() {
  local release=$1 build=$MPD_TREE/build/debian-$1
  mkdir -p "$build" "$CCACHE_DIR" "$MPD_LOG_DIR"
  printf 'ro %s %s\n' "$MPD_TREE" "$MPD_TREE"
  printf 'rw %s %s\n' "$build" "$MPD_TREE/build"
  printf 'rw %s %s\n' "$MPD_CACHE_DIR" "$MPD_CACHE_DIR"
  [[ $CCACHE_DIR == "$MPD_CACHE_DIR"/* ]] || printf 'rw %s %s\n' "$CCACHE_DIR" "$CCACHE_DIR"
  printf 'rw %s %s\n' "$MPD_LOG_DIR" "$MPD_LOG_DIR"
  # Podman lays overlays in it, which the kernel refuses on an overlay.
  if [[ -d $SANDBOX_DIR/$release/layer ]]; then
    mkdir -p "$SANDBOX_DIR/$release/layer/containers"
    printf 'rw %s %s\n' "$SANDBOX_DIR/$release/layer/containers" /var/lib/containers
  fi
}

# in_root RELEASE COMMAND...: runs COMMAND in the root with the host's network,
# which the booted machine has not. Mounts and processes live in namespaces of
# their own and end with the command.
in_root() {
  local release=$1 root
  shift
  root=$(sandbox_root "$release")
  sandbox_binds "$release" >"$SANDBOX_DIR/$release/binds"
  CCACHE_DIR=$CCACHE_DIR MPD_LOG_DIR=$MPD_LOG_DIR MPD_CACHE_DIR=$MPD_CACHE_DIR \
    unshare --mount --pid --fork --kill-child --propagation private \
    "$MPD_DEPLOY/lib/enter-root" "$root" "$SANDBOX_DIR/$release/binds" "$@"
}

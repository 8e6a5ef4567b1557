# shellcheck shell=bash
# The first half of deploy/up: all that needs the outer network. On the VM it
# runs as it is, for the sandbox inside its root file system.

# The compiler's cache is shared between a host and its sandboxes.
export CCACHE_DIR=${CCACHE_DIR:-${MPD_CACHE_DIR:-/var/cache/mpd}/ccache}
# A second clone, in another folder, profits from the first.
export CCACHE_BASEDIR=$MPD_TREE CCACHE_NOHASHDIR=1

install_dependencies() { install_packages build run vm; }

PROGRAMS=(mpd-ipam mpd-dnsd-controller mpd-container-manager mpd-ca mpd-gateway mpdctl)

# Only what is installed: the tests are built by tests/run. Several sandboxes of
# one clone share its build folder.
build_daemons() { locked "$MPD_TREE/build/prepare.lock" compile_daemons; }

compile_daemons() {
  cd "$MPD_TREE" || return
  # A sandbox keeps its build folder; a clone elsewhere can't go on with what another one configured.
  grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$MPD_TREE" build/release/CMakeCache.txt ||
    rm -rf build/release
  [[ -f build/release/build.ninja ]] || cmake --preset release
  cmake --build --preset release --target "${PROGRAMS[@]}"
  note "${PROGRAMS[*]}"
}

install_daemons() { cmake --install "$MPD_TREE/build/release" --prefix /usr/local; }

prepare() {
  local image release
  release=$(host_release)
  step "Packages" install_dependencies
  step "Build" build_daemons
  step "Install" install_daemons
  for image in $(image_names); do step "Image $image" build_image "$image" "$release"; done
}

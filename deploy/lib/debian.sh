# shellcheck shell=bash
# Which Debian this is, where its packages come from, and which are missing.

MPD_DEPLOY=${MPD_DEPLOY:?set by the caller: the folder deploy/}
# shellcheck disable=SC2034  # used by the other parts
MPD_TREE=${MPD_DEPLOY%/deploy}

need_root() {
  ((EUID == 0)) || die "needs root: run it with sudo."
}

# host_release: 12, 13, or nothing when this machine is neither.
host_release() {
  local id version
  id=$(. /etc/os-release && printf '%s' "${ID:-}")
  version=$(. /etc/os-release && printf '%s' "${VERSION_ID:-}")
  [[ $id == debian && $version =~ ^(12|13)$ ]] && printf '%s' "$version"
  return 0
}

codename() {
  case $1 in
    12) printf bookworm ;;
    13) printf trixie ;;
    *) die "Debian release '$1' is unknown: give 12 or 13." ;;
  esac
}

pid1_is_systemd() { [[ $(cat /proc/1/comm) == systemd && -d /run/systemd/system ]]; }

package_list() {
  local list
  for list; do sed 's/#.*//' "$MPD_DEPLOY/packages/$list.txt"; done | xargs -n1 | sort -u
}

missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
  package_list "$@" | grep -vxF "$installed" || true
}

# install_packages LIST...: asks the mirror only when something is missing. dpkg
# serves one caller at a time and refuses a second, so the second waits here.
install_packages() { locked /run/mpd-packages.lock install_missing "$@"; }

install_missing() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then
    note "all installed"
    return
  fi
  note "${#missing[@]} installed"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# debian_uri BASE|SECURITY: where this machine gets Debian from. Entries of
# other origins are left out; Debian's cloud images name a file with mirrors.
debian_uri() {
  local pattern='^Debian (bookworm|trixie) ' uri
  [[ $1 == base ]] || pattern='^Debian (bookworm|trixie)-security '
  # shellcheck disable=SC2016  # apt expands these
  uri=$(apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI)' 'Identifier: Packages' |
    sed -nE "s#$pattern##p" | head -n 1)
  if [[ $uri == mirror+file:* ]]; then uri=$(awk '!/^#/ && NF {print $1; exit}' "${uri#mirror+file:}"); fi
  printf '%s' "$uri"
}

# debian_sources RELEASE: the lines of a sources.list for RELEASE from this
# machine's own mirror.
debian_sources() {
  local name base security
  name=$(codename "$1")
  base=$(debian_uri base)
  if [[ -z $base ]]; then
    apt-get update -qq >&2
    base=$(debian_uri base)
  fi
  [[ -n $base ]] || die "apt on this machine has no Debian entry: add one to /etc/apt/sources.list."
  security=$(debian_uri security)
  printf 'deb %s %s main\ndeb %s %s-updates main\n' "$base" "$name" "$base" "$name"
  [[ -z $security ]] || printf 'deb %s %s-security main\n' "$security" "$name"
}

# apt_settings: what of this machine's apt configuration must hold for a root
# filesystem made here too: how to get out, and how strict dates are.
apt_settings() {
  apt-config dump | grep -E '^Acquire::(https?::(Proxy|Timeout|Verify)|Retries|Check-)' || true
}

# bootstrap RELEASE TARGET [mmdebstrap options...]: a Debian root filesystem,
# as a folder or, when TARGET ends in .tar, as a tarball.
bootstrap() {
  local release=$1 target=$2 setting options=()
  shift 2
  while IFS= read -r setting; do options+=("--aptopt=${setting%;}"); done < <(apt_settings)
  debian_sources "$release" | mmdebstrap --mode=root --variant=minbase \
    --dpkgopt=path-exclude=/usr/share/man/* --dpkgopt=path-exclude=/usr/share/doc/* \
    --dpkgopt=path-exclude=/usr/share/info/* --dpkgopt=path-include=/usr/share/doc/*/copyright \
    "${options[@]}" "$@" "$(codename "$release")" "$target" -
}

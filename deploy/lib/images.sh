# shellcheck shell=bash
# The container images: recipes in images/, tarballs in the cache, and what
# Podman has loaded. A recipe is a folder with packages.txt, and optionally
# base (another recipe to build upon), root/ (files), customize (a program that
# gets the root's path), changes.txt (lines for podman import --change) and tags
# (a line per Debian release: "12 15"; without it the tag is latest). One without
# packages.txt is no image, only a base.

MPD_IMAGES=$MPD_DEPLOY/images
MPD_IMAGE_CACHE=${MPD_IMAGE_CACHE:-${MPD_CACHE_DIR:-/var/cache/mpd}/images}

image_names() {
  local recipe
  for recipe in "$MPD_IMAGES"/*/packages.txt; do basename "$(dirname "$recipe")"; done | sort
}

# recipe_chain NAME: the recipe's base, then itself.
recipe_chain() {
  [[ -d $MPD_IMAGES/$1 ]] || die "no recipe for an image '$1': there is $(image_names | paste -sd' ')."
  if [[ -f $MPD_IMAGES/$1/base ]]; then recipe_chain "$(<"$MPD_IMAGES/$1/base")"; fi
  printf '%s\n' "$1"
}

# recipe_hash NAME RELEASE: changes when a file, a mode or the release changes.
recipe_hash() {
  local part
  {
    printf '%s\n' "$2"
    for part in $(recipe_chain "$1"); do
      (cd "$MPD_IMAGES/$part" && find . ! -type d -printf '%m %P\n' | LC_ALL=C sort -k2 &&
        find . ! -type d -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
    done
  } | sha256sum | cut -c1-16
}

image_tarball() { printf '%s/%s-%s-%s.tar' "$MPD_IMAGE_CACHE" "$1" "$2" "$(recipe_hash "$1" "$2")"; }

# image_reference NAME RELEASE: as which it is loaded.
image_reference() {
  local tag=latest
  if [[ -f $MPD_IMAGES/$1/tags ]]; then
    tag=$(sed -n "s/^$2 //p" "$MPD_IMAGES/$1/tags")
    [[ -n $tag ]] || die "the recipe $1 has no tag for Debian $2."
  fi
  printf 'localhost/mpd-%s:%s' "$1" "$tag"
}

# version_of NAME RELEASE: of the database that the image holds.
version_of() {
  local reference
  reference=$(image_reference "$1" "$2")
  printf '%s' "${reference##*:}"
}

recipe_packages() {
  local part
  for part in $(recipe_chain "$1"); do
    [[ ! -f $MPD_IMAGES/$part/packages.txt ]] || sed 's/#.*//' "$MPD_IMAGES/$part/packages.txt"
  done | xargs -n1 | paste -sd,
}

# build_image NAME RELEASE: one tarball, renamed into place when whole. Clones of
# this tree share the tarballs, each by its own recipes: so those of other recipes
# of the same image and release go only when nobody has wanted them for a week.
build_image() { locked "$MPD_IMAGE_CACHE/$1-$2.lock" make_tarball "$@"; }

make_tarball() {
  local name=$1 release=$2 tarball hooks=() part
  tarball=$(image_tarball "$name" "$release")
  if [[ -f $tarball ]]; then
    touch "$tarball"
    note "up to date"
    return
  fi
  for part in $(recipe_chain "$name"); do
    [[ ! -d $MPD_IMAGES/$part/root ]] ||
      hooks+=(--customize-hook="cp -r --preserve=mode,links '$MPD_IMAGES/$part/root/.' \"\$1/\"")
    [[ ! -x $MPD_IMAGES/$part/customize ]] || hooks+=(--customize-hook="'$MPD_IMAGES/$part/customize' \"\$1\"")
  done
  # shellcheck disable=SC2016  # mmdebstrap expands $1
  bootstrap "$release" "$tarball.part.tar" --include="$(recipe_packages "$name")" "${hooks[@]}" \
    --customize-hook='rm -rf "$1"/var/cache/* "$1"/var/log/*.log "$1"/usr/share/locale "$1"/etc/resolv.conf'
  find "$MPD_IMAGE_CACHE" -maxdepth 1 -name "$name-$release-*" ! -name "${tarball##*/}.part.tar" \
    -mtime +7 -delete
  mv "$tarball.part.tar" "$tarball"
  note "$(du -m "$tarball" | cut -f1) MB"
}

# load_image NAME RELEASE: into its reference, unless Podman has this very
# recipe already. MPD_PODMAN may carry options (a store of its own).
load_image() {
  local name=$1 release=$2 hash image changes=() line former
  local -a podman
  image=$(image_reference "$name" "$release")
  read -ra podman <<<"${MPD_PODMAN:-podman}"
  hash=$(recipe_hash "$name" "$release")
  if [[ $("${podman[@]}" image inspect --format '{{index .Labels "mpd.recipe"}}' "$image" 2>/dev/null) == "$hash" ]]; then
    note "up to date"
    return
  fi
  [[ -f $(image_tarball "$name" "$release") ]] || die "no tarball of image $name: make it with deploy/images/build."
  while IFS= read -r line; do
    [[ -z $line || $line == \#* ]] || changes+=(--change "$line")
  done < <(for line in $(recipe_chain "$name"); do cat "$MPD_IMAGES/$line/changes.txt" 2>/dev/null || true; done)
  former=$("${podman[@]}" image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
  "${podman[@]}" import --quiet "${changes[@]}" --change "LABEL mpd.recipe=$hash" \
    "$(image_tarball "$name" "$release")" "$image"
  # The former one stays as long as a container was made from it.
  [[ -z $former ]] || "${podman[@]}" image rm "$former" || true
  note "loaded"
}

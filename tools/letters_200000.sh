#!/usr/bin/env bash
# Makes a training set of 200,000 pictures, build/letters, of the letters of Debian's free fonts:
# fetches the packages (1.1 GB), unpacks them into build/fonts (3.4 GB) and installs none of them.
# Run again, it fetches what is missing, and renders.
set -euo pipefail

checkout=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
. "$checkout/tools/install_packages.sh"
fonts=$checkout/build/fonts

# Fonts that drop_symbols does not find: another script, or symbols in several families.
not_letters=('*/linex/elle*' '*/linex/alfa-beta*' '*/allrunes/*' '*/drmgrk*' '*/D050000L*'
  '*/StandardSymbolsPS*' '*/QTDingBits*')

refuse() {
  echo "etch: letters_200000.sh:" "$@" >&2
  exit 1
}

# Main's fonts. Those above 12 MB are ideographs, whose Latin letters smaller packages have too,
# except TeX's.
list_packages() {
  apt-cache dumpavail | awk '
    /^Package: / { name = $2 } /^Section: / { section = $2 } /^Size: / { size = $2 }
    /^$/ && section == "fonts" && size < 12300000 && name ~ /^fonts-|^lmodern$/ { print name }
    /^$/ && name ~ /^texlive-fonts-(extra|recommended)$/ { print name }' | sort -u
}

# fetch NAME...: into build/fonts/NAME, each whole or not at all.
fetch() {
  local debs=$checkout/build/debs deb name
  mkdir -p "$debs" "$fonts"
  (cd "$debs" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$@" </dev/null >&2) ||
    refuse "requires Debian's packages of fonts, some did not come; run" \
      "'apt-get update' as root, see that there are 5 GB of room, and start this again"
  for name; do
    deb=("$debs/${name}_"*.deb)
    rm -rf "$fonts/$name.unfinished"
    dpkg-deb -x "${deb[-1]}" "$fonts/$name.unfinished" || refuse "requires" \
      "$name whole, see above; see that there is room, remove $debs and start this again"
    mv "$fonts/$name.unfinished" "$fonts/$name"
    rm "${deb[@]}"
  done
}

command -v apt-cache >/dev/null || refuse "requires Debian, for its fonts; elsewhere give" \
  "a folder of fonts to render_letters, as data/README.md tells"
install_packages "${packages_to_run[@]}" libfreetype-dev
configure "$checkout"
meson compile -C "$checkout/build" render_letters </dev/null >&2

mapfile -t packages < <(list_packages)
[[ " ${packages[*]} " == *" texlive-fonts-extra "* ]] ||
  refuse "requires apt's list of packages, it has no fonts; run 'apt-get update' as root"
missing=()
for name in "${packages[@]}"; do [[ -d $fonts/$name ]] || missing+=("$name"); done
if [[ ${#missing[@]} -gt 0 ]]; then
  echo "etch: letters_200000.sh: fetching ${#missing[@]} packages of fonts" >&2
  fetch "${missing[@]}"
fi
for pattern in "${not_letters[@]}"; do find "$fonts" -type f -path "$pattern" -delete; done

echo "etch: letters_200000.sh: rendering, which takes minutes" >&2
"$checkout/build/tools/render_letters" "$fonts" --pictures 200000 --output "$checkout/build/letters"

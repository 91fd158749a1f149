# shellcheck shell=bash
# The set-up that run.sh, test.sh and .ci/run share; they source it. What it prints goes to stderr,
# and it reads nothing from stdin: both others belong to the program that is run.

# What the programs need, and what the tests need besides.
packages_to_run=(g++ ninja-build meson pkg-config libhwy-dev libboost-dev libcli11-dev libfmt-dev
  libarchive-dev libpng-dev nlohmann-json3-dev zlib1g-dev)
# shellcheck disable=SC2034  # test.sh and .ci/run use it
packages_to_test=("${packages_to_run[@]}" catch2 libbenchmark-dev librandom123-dev clang-19 python3
  python3-matplotlib python3-numpy)
# What bench_peers compares with.
# shellcheck disable=SC2034
packages_to_compare=(libdlib-dev libdnnl-dev libeigen3-dev libopenblas-dev libxsmm-dev)

# install_packages NAME...: installs those Debian packages that are missing, or says how and fails.
# A system without dpkg is left to Meson, which says what it misses.
install_packages() {
  command -v dpkg-query >/dev/null || return 0
  local present missing=() name
  present=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null) || true
  for name; do grep -qxF "$name installed" <<<"$present" || missing+=("$name"); done
  [[ ${#missing[@]} -gt 0 ]] || return 0

  local get=(apt-get -qq -o DPkg::Lock::Timeout=60)  # a machine just started updates itself
  local install=(install --yes --no-install-recommends "${missing[@]}")
  # `su` without `-` leaves out /usr/sbin, and then dpkg refuses.
  get=(env DEBIAN_FRONTEND=noninteractive PATH="$PATH:/usr/sbin:/sbin" "${get[@]}")
  if [[ $(id -u) != 0 && -t 0 ]]; then
    get=(sudo "${get[@]}")
  elif [[ $(id -u) != 0 ]]; then
    get=(sudo --non-interactive "${get[@]}")  # nobody there to type a password
  fi
  if command -v "${get[0]}" >/dev/null; then
    echo "etch: set-up: installing, which may take minutes: ${missing[*]}" >&2
    { "${get[@]}" update && "${get[@]}" "${install[@]}"; } </dev/null >/dev/null && return
  fi
  echo "etch: set-up: requires packages, could not install them; run as root:" \
    "apt-get update && apt-get ${install[*]}" >&2
  return 1
}

# configure CHECKOUT: configures CHECKOUT/build, again if what it was configured for has changed:
# the folder (it was moved, and programs know where the letters are), Meson, or any package (Meson
# does not look again for what it once missed).
configure() {
  local build=$1/build log again=() state
  state="$1, Meson $(meson --version), packages of $(stat -c %y /var/lib/dpkg/status 2>&1 || true)"
  [[ $(cat "$build/configured_for" 2>/dev/null) != "$state" ]] || return 0
  [[ ! -e $build/meson-private/coredata.dat ]] || again=(--reconfigure)
  echo "etch: set-up: configuring build/" >&2
  if ! log=$(meson setup "${again[@]}" "$build" "$1" 2>&1 </dev/null); then
    echo "$log" >&2
    echo "etch: set-up: requires what Meson misses above; if it says that $build is broken or" \
      "of another version, remove that folder" >&2
    return 1
  fi
  echo "$state" >"$build/configured_for"
}

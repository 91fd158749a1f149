#!/usr/bin/env bash
# Usage: tools/neon.sh
# Compiles the tests of kernels and training for NEON, on a machine of any kind, and runs them under
# emulation. It is no part of ./test.sh, because it takes a minute or two and a cross compiler,
# which it installs.
set -euo pipefail

main() {
  cd "$(dirname "${BASH_SOURCE[0]}")/.."
  # shellcheck source=tools/install_packages.sh
  . tools/install_packages.sh
  install_packages g++-aarch64-linux-gnu qemu-user-static libhwy-dev libboost-dev catch2
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  compile -c test/main.cpp -o "$folder/main.o"
  compile -c test/allocations.cpp -o "$folder/allocations.o"
  printf '%s\n' test/{laws,train}/*.cpp |
    xargs -P "$(nproc)" -I{} bash -euo pipefail -c 'check {}'
}

# As for a processor that has SVE, too, which etch leaves alone.
compile() {
  aarch64-linux-gnu-g++ -mcpu=neoverse-v1 -std=c++20 -O2 -static -Iinclude -Itest "$@"
}

# check TEST: compiles it, runs it, and prints one line, or all that it says if it fails.
check() {
  local program=$folder/${1//\//_}.out said
  compile "$1" "$folder"/{main,allocations}.o -o "$program"
  said=$(qemu-aarch64-static "$program") || { echo "$1: $said" && return 1; }
  echo "$1: $(grep passed <<<"$said")"
}

export -f compile check
export folder
main

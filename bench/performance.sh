#!/usr/bin/env bash
# Measures all that docs/performance.md shows, and writes that page; installs what is missing. It
# takes about half an hour, in which nothing else should run.
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.."
. tools/install_packages.sh

install_packages "${packages_to_test[@]}" "${packages_to_compare[@]}" python3-torch python3-venv
# A folder of its own: Meson, which was once asked for a library that was missing, remembers that.
build=build-performance
[[ -e $build/build.ninja ]] || meson setup "$build" -Dpeers=enabled
meson compile -C "$build" bench_worker bench_peers bench_models \
  logistic_l2 mlp_l2 conv_strided conv_pooled lenet5
"$build/bench/peers/bench_peers" --json "$build/peers.json"
"$build/bench/bench_models" --benchmark_filter="$(bench/performance_targets.py)" \
  --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true \
  --benchmark_out="$build/passes.json" --benchmark_out_format=json
tools/compile_time.py "$build" examples/4_convolutions/lenet5.cpp --json "$build/compiled.json"
bench/models.py --build "$build" --json "$build/models.json"
bench/performance_page.py "$build"/{models,peers,passes,compiled}.json

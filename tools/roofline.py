#!/usr/bin/env python3
"""A roofline picture of one network's benchmarks: each pass of each layer beside what the machine
could do at most.

    build/bench/bench_models --benchmark_filter=^lenet5 --benchmark_repetitions=5 \\
      --benchmark_out=lenet5.json --benchmark_out_format=json
    tools/roofline.py lenet5.json -o lenet5

writes lenet5.svg and lenet5.png. docs/benchmarks.md says how to read them. Requires matplotlib
(Debian's python3-matplotlib)."""

import argparse
import collections
import dataclasses
import json
import pathlib
import statistics
import sys

# What a picture calls the passes, in the order of a step.
PASSES = {"forward": "forward", "data_gradient": "data gradient",
          "weight_gradient": "weight gradient", "update": "update",
          "weight_update": "weight gradient and update", "step": "whole step",
          "inference": "inference"}
MEMORIES = ["L1", "L2", "L3", "DRAM"]


@dataclasses.dataclass
class Point:
    """A benchmark: the medians of its repetitions."""
    layer: str  # "3_conv2d"; "" where it is the whole network
    kind: str  # a key of PASSES
    cold: bool
    gflops: float
    gbytes: float  # a second
    intensity: float  # FLOP/byte
    noisy: bool  # most repetitions were


@dataclasses.dataclass
class Machine:
    simd: str
    threads: str
    processor: str
    peak: float  # GFLOP/s
    bandwidth: dict  # of the MEMORIES that there are, GB/s


def fail(where, what):
    sys.exit(f"etch: {where}: {what}")


def read(file):
    """The machine, and the points of each network by its name."""
    try:
        report = json.loads(file.read_text())
        context, rows = report["context"], report["benchmarks"]
        machine = Machine(context["etch_simd"], context["etch_threads"],
                          context.get("etch_processor", "processor of unknown name"),
                          number(context["etch_peak"]),
                          {m: number(context[f"etch_{m}"])
                           for m in MEMORIES if f"etch_{m}" in context})
        return machine, networks(rows)
    except OSError as error:
        fail(file, f"requires a file that can be read, {error.strerror}; name what "
                   "--benchmark_out wrote")
    except (ValueError, KeyError, TypeError, AttributeError):
        fail(file, "requires the JSON of benchmarks that etch registered, something else came; "
                   "write it by --benchmark_out=FILE --benchmark_out_format=json")


def number(text):
    """18.2 of "18.2 GB/s"."""
    return float(text.split()[0])


def networks(rows):
    samples = collections.defaultdict(list)
    for row in rows:
        # Aggregates stand for the samples only where these were left out.
        if row.get("run_type") != "aggregate":
            samples[row["run_name"]].append(row)
    for row in rows:
        if row.get("aggregate_name") == "median" and row["run_name"] not in samples:
            samples[row["run_name"]].append(row)
    found = collections.defaultdict(list)
    for name, repetitions in samples.items():
        network, *layer = name.split("/")
        if cold := layer[-1:] == ["cold"]:
            layer.pop()
        if not layer or layer[-1] not in PASSES or "GFLOP/s" not in repetitions[0]:
            continue  # somebody else's benchmark
        median = {key: statistics.median(row[key] for row in repetitions)
                  for key in ["GFLOP/s", "GB/s", "FLOP/byte"]}
        noisy = statistics.mean("noisy" in row.get("label", "") for row in repetitions) > 0.5
        found[network].append(Point("/".join(layer[:-1]), layer[-1], cold, median["GFLOP/s"],
                                    median["GB/s"], median["FLOP/byte"], noisy))
    return found


def choose(file, found, wanted):
    names = ", ".join(found) or "none"
    if wanted is None and len(found) == 1:
        return next(iter(found))
    if wanted is None:
        fail(file, f"requires the benchmarks of one network, those of {names} came; choose one by "
                   "--network")
    if wanted not in found:
        fail(file, f"requires benchmarks of {wanted}, those of {names} came; choose one of these")
    return wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=pathlib.Path, help="the JSON that --benchmark_out wrote")
    parser.add_argument("--network", metavar="NAME",
                        help="the network, where the report has several")
    parser.add_argument("-o", "--output", required=True, type=pathlib.Path, metavar="NAME",
                        help="writes NAME.svg and NAME.png")
    options = parser.parse_args()
    machine, found = read(options.report)
    network = choose(options.report, found, options.network)
    try:
        import roofline_picture
    except ImportError:
        fail("matplotlib", f"requires it, {sys.executable} has none; install Debian's "
                           "python3-matplotlib, and run /usr/bin/python3 tools/roofline.py")
    figure = roofline_picture.draw(network, machine, found[network])
    for suffix in [".svg", ".png"]:
        file = options.output.with_name(options.output.name + suffix)
        try:
            roofline_picture.save(figure, file)
        except OSError as error:
            fail(file, f"requires a file that can be written, {error.strerror}; choose another "
                       "by -o")
        print(file)


if __name__ == "__main__":
    main()

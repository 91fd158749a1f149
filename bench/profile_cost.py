#!/usr/bin/env python3
"""What --profile costs: steps with it and without it, in turn, in one process.

    meson compile -C build bench_worker
    bench/profile_cost.py

It takes some two minutes, in which nothing else should run."""

import argparse
import pathlib
import statistics

import models

PAIRS = 100  # of 70 steps each


def line(name, threads, ratios):
    """The median share of time that is added, and where the middle half of all pairs lies."""
    low, middle, high = (100 * (ratio - 1) for ratio in statistics.quantiles(ratios, n=4))
    return f"{name:<12} {threads} {middle:+8.2f} %   ({low:+.2f} to {high:+.2f})"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=models.MODELS, default=models.MODELS,
                        metavar="NAME", help=" ".join(models.MODELS))
    parser.add_argument("--threads", nargs="+", type=int, default=models.THREADS,
                        metavar="N")
    parser.add_argument("--build", type=pathlib.Path, default=models.ROOT / "build", metavar="DIR")
    options = parser.parse_args()
    program = options.build / "bench/bench_worker"
    if not program.exists():
        models.fail(f"{program}: requires that program, there is none; run the first line of "
                    "--help")
    print("model  threads  --profile adds   (middle half of the pairs)")
    for threads in options.threads:
        for name in options.models:
            worker = models.Worker([program, name, "--threads", threads], threads)
            worker.ask("profile", 2)
            print(line(name, threads, worker.ask("profile", PAIRS)), flush=True)
            worker.end()


if __name__ == "__main__":
    main()

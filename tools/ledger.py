#!/usr/bin/env python3
"""What specialisation is worth: each pass of a network's layers beside the same algorithm compiled
with run-time sizes (same tiles, same vectors), in one run: time, bytes of code, seconds to compile.

    tools/ledger.py lenet5 [--build DIR] [--repeat N]
    tools/ledger.py my_model.cpp
    tools/ledger.py --write        # the course's models, into docs/specialisation.md

Compiles with the flags of a build folder, and keeps there what it makes. Times are those of a
batch on one thread. Code is what the pass reaches of etch's kernels. Seconds to compile are a
layer's own, processor time: of a source with its passes alone, less that of one with none; the
headers, some seconds that every program pays once, are precompiled. Nothing else should run
meanwhile."""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import shlex
import statistics
import subprocess
import sys

import ledger_page
from machine_code import MachineCode

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "tools/ledger"
COURSE = ["logistic_l2", "mlp_l2", "conv_strided", "conv_pooled", "lenet5"]
HALVES = {"specialised": [], "run_time": ["-DETCH_SIZES_AT_RUN_TIME"]}


def fail(what, code=1):
    print(f"etch: ledger.py: {what}", file=sys.stderr)
    sys.exit(code)


@dataclasses.dataclass
class Row:
    """A pass; a pair has the specialised half first."""
    layer: str
    shapes: str
    name: str
    seconds: tuple
    code: tuple  # the functions, by address their size
    quiet: bool  # whether the times can be trusted

    @property
    def bytes(self):
        return tuple(sum(functions.values()) for functions in self.code)


@dataclasses.dataclass
class Ledger:
    """What was measured of a network."""
    model: str
    rows: list
    compile_seconds: dict  # by layer, of both halves

    @property
    def seconds(self):
        return tuple(sum(row.seconds[half] for row in self.rows) for half in (0, 1))

    @property
    def bytes(self):
        """Functions that several passes share count once."""
        return tuple(sum({a: s for row in self.rows for a, s in row.code[half].items()}.values())
                     for half in (0, 1))

    @property
    def all_compile_seconds(self):
        return tuple(sum(pair[half] for pair in self.compile_seconds.values()) for half in (0, 1))


class Compiler:
    """The build's compiler and flags, and where it keeps what it makes."""

    def __init__(self, build, source):
        commands = build / "compile_commands.json"
        if not commands.exists():
            fail(f"requires a configured build folder, {build} came; run meson setup {build}")
        entries = {(pathlib.Path(e["directory"]) / e["file"]).resolve(): e
                   for e in json.loads(commands.read_text())}
        entry = entries.get(source) or entries.get(ROOT / "examples/4_convolutions/lenet5.cpp")
        if entry is None:
            fail(f"requires a build folder of etch, {build} came; run meson setup in etch's")
        words = shlex.split(entry["command"])
        words = words[pathlib.Path(words[0]).name == "ccache":words.index("-MD")]
        if "-DETCH_PORTABLE" in words:
            fail(f"requires a build for one SIMD target, {build} has several; "
                 "use one with -Dsimd=native")
        self.command = [w for w in words if "color" not in w]
        # No warnings: g++ takes the system's precompiled headers for the user's.
        self.command += ["-fPIC", "-fvisibility=hidden", "-w"]
        self.directory = entry["directory"]
        self.folder = build.resolve() / "ledger"
        self.folder.mkdir(exist_ok=True)

    def run(self, *arguments):
        """Seconds of processor time."""
        call = ["env", "-C", self.directory, *self.command, *map(str, arguments)]
        _, status, usage = os.wait4(os.posix_spawnp("env", call, os.environ), 0)
        if status != 0:
            fail(f"requires a model that compiles, see above: {shlex.join(call[3:])}")
        return usage.ru_utime + usage.ru_stime

    def precompile(self):
        """All headers, for each half."""
        self.headers = {}
        for half, flags in HALVES.items():
            header = self.folder / half / "headers.hpp"
            header.parent.mkdir(exist_ok=True)
            header.write_text(f'#include "{SOURCES / "half.hpp"}"\n')
            self.run(*flags, "-x", "c++-header", header, "-o", f"{header}.gch")
            self.headers[half] = header

    def half(self, half, model, *arguments):
        return self.run(*HALVES[half], "-include", self.headers[half],
                        f'-DLEDGER_MODEL="{model}"', *arguments, SOURCES / "half.cpp")


def layer_seconds(compiler, source, index, repeat):
    """What compiling the passes of layer `index` takes; -1 for none."""
    output = compiler.folder / "layer.o"
    runs = [[compiler.half(half, source, f"-DLEDGER_LAYER={index}", "-c", "-o", output)
             for half in HALVES] for _ in range(repeat)]
    return tuple(statistics.median(run[half] for run in runs) for half in (0, 1))


def measure(compiler, model, source, repeat):
    halves = [compiler.folder / half / f"{source.stem}.so" for half in HALVES]
    for half, file in zip(HALVES, halves):
        compiler.half(half, source, "-shared", "-o", file)
    done = subprocess.run([compiler.folder / "compare", *halves], text=True,
                          stdout=subprocess.PIPE)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    if done.returncode == 1:
        sys.exit(1)  # it has said why
    if done.returncode != 0:
        fail(f"requires both halves of {model} to run, exit code {done.returncode} came; "
             "try their kernels' tests")
    if not lines:
        fail(f"requires a program that calls app::assignment, {source} came; name another")
    codes = [MachineCode(file) for file in halves]
    rows = [row_of(line, codes) for line in lines]
    none = layer_seconds(compiler, source, -1, repeat)
    seconds = {}
    for layer in dict.fromkeys(row.layer for row in rows):
        own = layer_seconds(compiler, source, int(layer.split("_")[0]), repeat)
        seconds[layer] = tuple(max(a - b, 0) for a, b in zip(own, none))
    return Ledger(model, rows, seconds)


def row_of(line, codes):
    layer, shapes, name, *numbers, noise = line
    one, other, first, second = map(float, numbers)
    code = tuple({f.address: f.size for f in code.reached(code.at(int(offset)))}
                 for code, offset in zip(codes, (first, second)))
    return Row(layer, shapes, name, (one, other), code, noise == "quiet")


def models():
    """Sources by name, of programs that train a network."""
    found = sorted(ROOT.glob("examples/*/*.cpp"))
    return {file.stem: file for file in found if "app::assignment<" in file.read_text()}


def source_of(model):
    known = models()
    if model in known:
        return known[model]
    if not re.search(r"[./]", model) or not pathlib.Path(model).is_file():
        fail(f"requires a model's name or its source, '{model}' came; "
             f"use one of {' '.join(known)}", 2)
    return pathlib.Path(model).resolve()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("models", metavar="MODEL", nargs="*", help="a name as in ./run.sh, or a "
                        "path to a model's source; none with --write, which takes the course's")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build",
                        help="the folder whose compiler and flags to use")
    parser.add_argument("--repeat", type=int, default=3, help="compile N times, for the median")
    parser.add_argument("--write", action="store_true",
                        help="write the tables into docs/specialisation.md")
    options = parser.parse_args()
    if not options.models and not options.write:
        parser.error("requires a model, none came; name one, or use --write")
    if options.models and options.write:
        parser.error("requires all models for the page, some came; leave them out with --write")
    sources = {model: source_of(model) for model in options.models or COURSE}

    compiler = Compiler(options.build, next(iter(sources.values())))
    compiler.precompile()
    compiler.run(SOURCES / "compare.cpp", "-o", compiler.folder / "compare", "-ldl")
    ledgers = []
    for model, source in sources.items():
        ledgers.append(measure(compiler, pathlib.Path(model).stem, source, options.repeat))
        print(ledger_page.text(ledgers[-1]), flush=True)
    if options.write:
        if not all(row.quiet for ledger in ledgers for row in ledger.rows):
            fail("requires a quiet machine for the page, some pass is noisy; try again when "
                 "nothing else runs")
        ledger_page.write(ledgers, compiler.command)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

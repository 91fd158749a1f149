#!/usr/bin/env python3
"""What a network costs to compile: seconds and peak memory of translation units, with the flags of
a build and with g++ and clang, where they are there. Nothing else should run meanwhile.

    tools/compile_time.py BUILD [SOURCE ...] [--repeat N] [--json FILE]

Without sources: the bare library, and a six-layer model. Such ones are to stay below 12 s and
600 MB with g++ 12."""

import argparse
import json
import os
import pathlib
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = ROOT / "examples/4_convolutions/conv_strided.cpp"
BARE = "#include <etch/etch.hpp>\nint main() {}\n"


def command_of(build, source):
    """The command that compiles `source` in the build, without its output; its folder."""
    commands = build / "compile_commands.json"
    for entry in json.loads(commands.read_text()) if commands.exists() else []:
        file = pathlib.Path(entry["directory"]) / entry["file"]
        if file.resolve() == source.resolve():
            words = shlex.split(entry["command"])
            start = 1 if pathlib.Path(words[0]).name == "ccache" else 0
            words = [w for w in words[start:words.index("-MD")] if "color" not in w]
            return words, entry["directory"]
    sys.exit(f"etch: compile_time.py: requires sources of the build {build}, {source} came; "
             "set the build up again, or name another source")


def ask(command, option):
    return subprocess.run([command, option], text=True, stdout=subprocess.PIPE).stdout.strip()


def compilers(own):
    """The build's compiler, and the other of g++ and clang: names with versions, and commands."""
    found = {}
    for command in [own, "g++", "clang++-19", "clang++"]:
        if shutil.which(command) is None:
            continue
        kind = "clang++" if "clang" in ask(command, "--version") else "g++"
        version = ask(command, "-dumpfullversion" if kind == "g++" else "-dumpversion")
        if kind == "clang++" and int(version.split(".")[0]) < 18:
            continue  # knows no floats among template arguments
        found.setdefault(kind, (f"{kind} {version}", command))
    return found.values()


def measure(command, folder):
    """Seconds of wall and processor time, and the peak of memory in MB, of all its processes."""
    start = time.perf_counter()
    child = os.posix_spawnp("env", ["env", "-C", folder, *command], os.environ)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    if status != 0:
        sys.exit(f"etch: compile_time.py: {shlex.join(command)} failed")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("sources", type=pathlib.Path, nargs="*", default=[])
    parser.add_argument("--repeat", type=int, default=3, help="medians of N runs")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures there, too")
    options = parser.parse_args()

    figures = []
    with tempfile.TemporaryDirectory() as scratch:
        bare, output = pathlib.Path(scratch) / "bare.cpp", pathlib.Path(scratch) / "unit.o"
        bare.write_text(BARE)
        units = [("etch.hpp alone", bare, MODEL), (MODEL.name, MODEL, MODEL)]
        if options.sources:
            units = [(file.name, file.resolve(), file) for file in options.sources]
        print(f"{'unit':24}{'compiler':18}{'wall s':>8}{'cpu s':>8}{'peak MB':>9}")
        for name, source, like in units:
            (own, *flags), folder = command_of(options.build, like)
            for compiler, command in compilers(own):
                call = [command, *flags, "-Wno-unknown-warning-option", "-o", str(output), "-c",
                        str(source)]
                runs = [measure(call, folder) for _ in range(options.repeat)]
                wall, cpu, peak = (statistics.median(column) for column in zip(*runs))
                print(f"{name:24}{compiler:18}{wall:8.1f}{cpu:8.1f}{peak:9.0f}", flush=True)
                figures.append({"unit": name, "compiler": compiler, "seconds": wall,
                                "megabytes": peak})
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()

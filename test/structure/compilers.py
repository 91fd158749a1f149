"""The compilers that tests about source code ask: the project's own, and the other of g++ and clang
where there is one; run as a program, a test that Meson reports as skipped where there is none. The
flags are those of test/static in the build's compile_commands.json."""

import argparse
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

OTHERS = {"g++": ["clang++-19", "clang++"], "clang++": ["g++"]}
# clang++ below 18 has no floats among template arguments: Dropout<0.5f>.
PROBE = "template <float> struct Probe {}; Probe<0.5f> probe;"


class Compiler:
    def __init__(self, command, flags, directory):
        self.command, self.flags, self.directory = command, list(flags), directory
        version = self.run(["--version"]).stdout.split("\n")[0]
        self.name = "clang++" if "clang" in version else "g++"
        if self.name == "clang++":
            # Options that only g++ knows; that the flags leave SIMD off.
            self.flags += ["-Wno-unknown-warning-option", "-Wno-#pragma-messages"]
        probed = self.run(["-std=c++20", "-fsyntax-only", "-x", "c++", "-"], PROBE)
        self.works = probed.returncode == 0

    def run(self, arguments, text=""):
        return subprocess.run([*self.command, *arguments], input=text, cwd=self.directory,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def check(self, source, *flags):
        """What the compiler says of a file, or of a text, without generating code."""
        if isinstance(source, pathlib.Path):
            return self.run([*self.flags, *flags, "-fsyntax-only", str(source.resolve())])
        return self.run([*self.flags, *flags, "-fsyntax-only", "-x", "c++", "-"], source)

    def in_mode(self, mode):
        """The same compiler for one SIMD target (static), for all of x86 (portable), or for the
        least (sse4, on x86), of which Highway has half as much to read."""
        native = [flag for flag in self.flags if flag.startswith("-DETCH_NATIVE=")]
        for flag in [*native, "-DETCH_PORTABLE"]:
            if flag in self.flags:
                self.flags.remove(flag)
        if mode == "sse4":
            native = [re.sub("=HWY_AVX.*", "=HWY_SSE4", flag) for flag in native]
        self.flags += ["-DETCH_PORTABLE"] if mode == "portable" else native
        return self


def flags_of(build, command):
    """The flags that Meson compiles test/static with, and where."""
    entries = json.loads((build / "compile_commands.json").read_text())
    entry = next(e for e in entries if e["file"].endswith("test/static/shape.cpp"))
    words = shlex.split(entry["command"])[len(command):]
    flags = [w for w in words[:words.index("-MD")] if "color" not in w]
    return flags, entry["directory"]


def arguments(*names):
    """Parses --build, --compiler and what else a test names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", nargs="+", required=True)
    for name, options in names:
        parser.add_argument(name, **options)
    return parser.parse_args()


def own(options, mode="static"):
    """The project's compiler."""
    flags, directory = flags_of(options.build, options.compiler)
    return Compiler(options.compiler, flags, directory).in_mode(mode)


def both(options, mode="static"):
    """The project's compiler, then the other one, if there is one that works."""
    first = own(options, mode)
    flags, directory = flags_of(options.build, options.compiler)
    for name in OTHERS[first.name]:
        if shutil.which(name) is None:
            continue
        other = Compiler([name], flags, directory).in_mode(mode)
        if other.works and other.name != first.name:
            return [first, other]
    print(f"skipped: {' or '.join(OTHERS[first.name])}: there is none that knows C++20")
    return [first]


if __name__ == "__main__":
    asked = both(arguments())
    print("asked:", ", ".join(f"{compiler.name} ({compiler.command[-1]})" for compiler in asked))
    sys.exit(0 if len(asked) == 2 else 77)

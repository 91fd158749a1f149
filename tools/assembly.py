"""The machine code of one pass of one layer, as a model's program has it: counts, the hot loop,
then everything.

    tools/assembly.sh lenet5 3_conv2d forward [--build DIR]

The pass is found by its function, which the layer's type and input name, and with it all kernels
that it reaches out of line. The hot loop is the innermost one with the most multiply-adds. load
and store count instructions that move vector registers from and to memory, multiply-adds with an
operand in memory included; spill those of them that address the function's own stack frame, at a
fixed place: registers that did not suffice, and rarely a small array. Where the processor has no
multiply-add (SSE4), fma counts none."""

import argparse
import os
import pathlib
import re
import subprocess
import sys

import ledger
from machine_code import KINDS, MachineCode

PASSES = ["forward", "data_gradient", "weight_gradient", "weight_update"]


def fail(what, code=1):
    print(f"etch: assembly.sh: {what}", file=sys.stderr)
    sys.exit(code)


def program_of(build, model):
    """The model's program, built."""
    known = ledger.models()
    if model not in known:
        fail(f"requires a model, '{model}' came; use one of {' '.join(known)}", 2)
    if not (build / "build.ninja").exists():
        fail(f"requires a configured build folder, {build} came; run meson setup {build}")
    made = subprocess.run(["meson", "compile", "-C", build, model], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode != 0:
        print(made.stdout, file=sys.stderr)
        fail(f"requires a model that compiles, {model} does not; see above")
    return build / "examples" / model


def ask(program, option):
    return subprocess.run([program, option], text=True, stdout=subprocess.PIPE, check=True).stdout


def arguments(text):
    """The template arguments that `text` begins with, up to its closing bracket."""
    found, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "<(") - (c in ">)")
        if depth < 0 or (c == "," and depth == 0):
            found.append(text[start:i].strip())
            start = i + 1
        if depth < 0:
            return found
    return []


def layers_of(program, code):
    """Of each layer, by its name, the type and the input's shape, as functions' names have them."""
    rows = [re.split(r"  +", line) for line in ask(program, "--summary").splitlines()]
    rows = [row for row in rows if re.match(r"input|\d+_", row[0])]
    name = next((f.name for f in code.functions if "etch::Network<" in f.name), None)
    if name is None:
        fail(f"requires a program with symbols, {program} has none; build without stripping")
    types = arguments(name.split("etch::Network<", 1)[1])[1:]
    shapes = [row[1].replace(" x ", ", ") for row in rows]
    return {row[0]: (layer, shape) for row, layer, shape in zip(rows[1:], types, shapes)}


def passes_of(code, target, layer, shape):
    """The layer's passes that the program has: functions and their clones, by name."""
    start = f"etch::N_{target}::Passes<{layer}, etch::Shape<{shape}>>::".replace(" ", "")
    found = {}
    for function in code.functions:
        name = function.name.removeprefix("void ").replace(" ", "")
        if name.startswith(start):
            own = re.split("[(<]", name[len(start):])[0].removesuffix("_of_selected")
            found.setdefault(own, []).append(function)
    return {name: found[name] for name in PASSES if name in found}


def hot_loop(functions):
    """The function and the body of the loop with the most multiply-adds, or else instructions."""
    loops = [(f, body) for f in functions for body in f.loops()]

    def heat(loop):
        return loop[0].counts(loop[1])["fma"], len(loop[1])
    return max(loops, key=heat, default=None)


def counted(title, counts):
    return f"{title:12}" + "".join(f"{number:>14}" for number in counts.values())


def listing(code, function, instructions):
    for i in instructions:
        kinds = " ".join(kind for kind in KINDS if kind in i.kinds(function.stack))
        operands = re.sub(r" <.*>", "", i.operands)
        other = code.at(i.target) if i.target is not None else None
        if other not in (None, function):
            operands += f"  {other.name}"
        yield f"{i.address:8x}  {kinds:16}{i.name:14} {operands}".rstrip()


def show(title, code, functions):
    all_counts = [f.counts() for f in functions]
    whole = {kind: sum(counts[kind] for counts in all_counts) for kind in all_counts[0]}
    hot = hot_loop(functions)
    print(f"{title}: {sum(f.size for f in functions)} bytes")
    print(f"{'':12}" + "".join(f"{kind:>14}" for kind in whole))
    print(counted("all", whole))
    if hot:
        function, body = hot
        print(counted("hot loop", function.counts(body)))
        print(f"\nhot loop, in {function.name}")
        print("\n".join(listing(code, function, body)))
    for function in functions:
        print(f"\n{function.name}")
        print("\n".join(listing(code, function, function.instructions)))


def main():
    parser = argparse.ArgumentParser(prog="assembly.sh", description=__doc__.split("\n\n")[0],
                                     epilog=__doc__.split("\n\n")[2])
    parser.add_argument("model", metavar="MODEL", help="a name as in ./run.sh")
    parser.add_argument("layer", metavar="LAYER", help="such as 3_conv2d: see --summary of MODEL")
    parser.add_argument("name", metavar="PASS", help=", ".join(PASSES))
    parser.add_argument("--build", type=pathlib.Path, default=ledger.ROOT / "build",
                        help="the build folder")
    options = parser.parse_args()
    if os.uname().machine != "x86_64":
        fail(f"requires programs for x86-64, {os.uname().machine} came; there is no other reader")
    program = program_of(options.build, options.model)
    code = MachineCode(program)
    layers = layers_of(program, code)
    if options.layer not in layers:
        fail(f"requires a layer of {options.model}, '{options.layer}' came; "
             f"use one of {' '.join(layers)}", 2)
    target = re.search(r"SIMD target (\w+)", ask(program, "--version"))[1]
    passes = passes_of(code, target, *layers[options.layer])
    if not passes:
        fail(f"requires passes with code of their own, {options.layer}'s are inlined; name a layer "
             "beside it if that does its work (--summary), or else declare them HWY_NOINLINE")
    if options.name not in passes:
        fail(f"requires a pass of {options.layer}, '{options.name}' came; "
             f"use one of {' '.join(passes)}", 2)
    functions = []
    for first in passes[options.name]:
        functions += [f for f in code.reached(first) if f not in functions]
    show(f"{options.model} {options.layer} {options.name}, {target}", code, functions)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

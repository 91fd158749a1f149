"""The machine code of a program or shared object for x86-64: its functions, which others of etch's
kernels a function reaches, its hot loop, and what its instructions do. Read with nm and objdump."""

import bisect
import dataclasses
import functools
import re
import subprocess

KERNEL = re.compile(r"etch::N_\w+::")  # what is compiled for a SIMD target
INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\t(\S+) *(.*?) *(?:#.*)?$")
TARGET = re.compile(r"^\*?([0-9a-f]+)(?: <.*>)?$")
MEMORY = re.compile(r"[^\s,()]*\(([^()]*)\)")
MASKS = re.compile(r"\{[^}]*\}")  # AVX-512: {%k1}, {1to16}
KINDS = "fma", "load", "store", "spill"


@dataclasses.dataclass
class Instruction:
    address: int
    name: str
    operands: str

    @property
    def target(self):
        """Where a jump or a call goes, or None."""
        if self.name[0] != "j" and self.name not in ("call", "callq"):
            return None
        match = TARGET.match(self.operands)
        return int(match[1], 16) if match else None

    def kinds(self, stack):
        """What counts as: vector registers' work with memory, and multiply-adds. `stack` are the
        registers that point to the function's own stack frame."""
        found = set()
        if re.match(r"vfn?m(add|sub)", self.name):
            found.add("fma")
        operands = MASKS.sub("", self.operands)
        memory = MEMORY.search(operands)
        if memory is None or not re.search(r"%[xyz]mm", operands):
            return found
        found.add("store" if operands.endswith(memory[0]) else "load")
        if memory[1] in stack:
            found.add("spill")
        return found


@dataclasses.dataclass
class Function:
    name: str
    address: int
    size: int
    instructions: list = dataclasses.field(default_factory=list)

    @functools.cached_property
    def stack(self):
        """The stack pointer, and the frame pointer where the function sets one up."""
        sets_frame = any(i.name == "mov" and i.operands == "%rsp,%rbp"
                         for i in self.instructions)
        return {"%rsp", "%rbp"} if sets_frame else {"%rsp"}

    def counts(self, instructions=None):
        instructions = self.instructions if instructions is None else instructions
        counts = dict.fromkeys(KINDS, 0)
        for instruction in instructions:
            for kind in instruction.kinds(self.stack):
                counts[kind] += 1
        return {"instructions": len(instructions), **counts}

    def loops(self):
        """The innermost ones: bodies from a backward jump's target to the jump."""
        bodies = {}
        for i in self.instructions:
            if i.target is not None and self.address <= i.target <= i.address:
                bodies[i.target] = max(bodies.get(i.target, 0), i.address)
        spans = sorted(bodies.items())
        inner = [(a, b) for a, b in spans if not any(a <= c and d <= b and (a, b) != (c, d)
                                                     for c, d in spans)]
        return [[i for i in self.instructions if first <= i.address <= last]
                for first, last in inner]


class MachineCode:
    def __init__(self, path):
        self.functions = [f for f in functions_of(path) if f.size > 0]
        self.starts = [f.address for f in self.functions]
        disassemble(path, self.at)

    def at(self, address):
        """The function that an address lies in, or None."""
        place = bisect.bisect_right(self.starts, address) - 1
        if place < 0:
            return None
        function = self.functions[place]
        return function if address < function.address + function.size else None

    def reached(self, first):
        """`first` and the kernels that it calls or jumps to, and so on: what the compiler left out
        of line, its clones and cold parts included."""
        found = [first]
        for function in found:
            for instruction in function.instructions:
                other = self.at(instruction.target) if instruction.target is not None else None
                if other and KERNEL.search(other.name) and other not in found:
                    found.append(other)
        return found


def run(*command):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True)
    return done.stdout.splitlines()


def functions_of(path):
    by_address = {}
    for line in run("nm", "-S", "-C", str(path)):
        match = re.match(r"([0-9a-f]+) ([0-9a-f]+) [tTwWuV] (.*)", line)
        if match:
            function = Function(match[3], int(match[1], 16), int(match[2], 16))
            by_address.setdefault(function.address, function)
    return sorted(by_address.values(), key=lambda f: f.address)


def disassemble(path, at):
    function = None
    for line in run("objdump", "-d", "-w", "--no-show-raw-insn", "-j", ".text", str(path)):
        match = INSTRUCTION.match(line)
        if not match:
            continue
        address = int(match[1], 16)
        if function is None or not address < function.address + function.size:
            function = at(address)
        if function and function.address <= address:
            function.instructions.append(Instruction(address, match[2], match[3]))

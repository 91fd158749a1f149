"""tools/assembly.sh, how it reads machine code, and what tools/ledger.py refuses: assembly_test.py
BUILD, where conv_strided and lenet5 are built. ledger_test.py has the ledger at work."""

import pathlib
import re
import subprocess
import sys
import unittest

BUILD = sys.argv.pop(1)
HERE = pathlib.Path(__file__).resolve().parent
TOOLS = HERE.parent.parent / "tools"
sys.path.insert(0, str(TOOLS))

from machine_code import Function, Instruction  # noqa: E402


def call(tool, *arguments):
    return subprocess.run([TOOLS / tool, *arguments], text=True, capture_output=True)


class MachineCode(unittest.TestCase):
    def kinds(self, name, operands, stack=("%rsp", "%rbp")):
        return Instruction(0, name, operands).kinds(stack)

    def test_kinds(self):
        for name, operands, *kinds in [
                ("vfmadd231ps", "%ymm1,%ymm2,%ymm3", "fma"),
                ("vfnmadd231ps", "0x20(%rdi,%rax,4),%ymm2,%ymm3", "fma", "load"),
                ("vmovups", "(%rdi),%ymm1", "load"),
                ("vmovups", "%ymm1,-0x10(%rdi)", "store"),
                ("vmovups", "%zmm1,0x40(%rdi){%k1}", "store"),
                ("vfmadd231ps", "0x4(%rdi){1to16},%zmm1,%zmm2", "fma", "load"),
                ("vmovaps", "%ymm1,0x20(%rsp)", "store", "spill"),
                ("vaddps", "-0x30(%rbp),%ymm1,%ymm2", "load", "spill"),
                ("vmovss", "0x20(%rsp,%rax,4),%xmm1", "load"),  # an array
                ("mov", "%rax,0x20(%rsp)"),
                ("vmovaps", "%ymm1,%ymm2")]:
            self.assertEqual(self.kinds(name, operands), set(kinds), (name, operands))

    def test_frame_pointer(self):
        plain = Function("f", 0, 8, [Instruction(0, "xor", "%ebp,%ebp")])
        framed = Function("f", 0, 8, [Instruction(0, "mov", "%rsp,%rbp")])
        self.assertEqual((plain.stack, framed.stack), ({"%rsp"}, {"%rsp", "%rbp"}))

    def test_innermost_loops(self):
        jumps = {6: "3 <f+0x3>", 7: "3 <f+0x3>", 8: "1 <f+0x1>", 9: "a <f+0xa>"}
        function = Function("f", 0, 11, [Instruction(a, "jne" if a in jumps else "nop",
                                                     jumps.get(a, "")) for a in range(11)])
        self.assertEqual([[i.address for i in body] for body in function.loops()],
                         [[3, 4, 5, 6, 7]])


class Assembly(unittest.TestCase):
    def test_a_pass(self):
        for model, layer, name in [("conv_strided", "2_conv2d", "forward"),
                                   ("conv_strided", "2_conv2d", "data_gradient"),
                                   ("conv_strided", "4_dense", "weight_update"),
                                   ("lenet5", "0_conv2d", "weight_gradient"),  # of selected pixels
                                   ("lenet5", "3_conv2d", "data_gradient")]:
            run = call("assembly.sh", "--build", BUILD, model, layer, name)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            rows = dict(re.findall(r"^(all|hot loop) +(\d+(?: +\d+)*)$", run.stdout, re.M))
            everything, hot = ([int(n) for n in rows[row].split()] for row in ("all", "hot loop"))
            self.assertGreater(hot[1], 0, "multiply-adds")
            self.assertTrue(all(a >= b for a, b in zip(everything, hot)), (everything, hot))
            self.assertGreater(everything[0], hot[0])
            self.assertRegex(run.stdout, "fma( load)? +vfmadd")

    def test_errors(self):
        for arguments, message in [
                (("conv", "2_conv2d", "forward"), "a model, 'conv' came; use one of logistic mlp"),
                (("conv_strided", "2_dense", "forward"),
                 "a layer of conv_strided, '2_dense' came; use one of 0_conv2d 1_relu"),
                (("conv_strided", "0_conv2d", "data_gradient"), "a pass of 0_conv2d, "
                 "'data_gradient' came; use one of forward weight_gradient")]:
            run = call("assembly.sh", "--build", BUILD, *arguments)
            self.assertEqual((run.returncode, run.stdout), (2, ""))
            self.assertRegex(run.stderr, rf"^etch: assembly.sh: requires {message}.*\n$")


class Ledger(unittest.TestCase):
    def test_errors(self):
        for arguments, code, message in [
                (["lenet"], 2, "a model's name or its source, 'lenet' came; use one of logistic"),
                (["lenet5", "--build", HERE], 1, f"a configured build folder, {HERE} came; run")]:
            run = call("ledger.py", *arguments)
            self.assertEqual((run.returncode, run.stdout), (code, ""))
            self.assertRegex(run.stderr, rf"^etch: ledger.py: requires {message}.*\n$")


if __name__ == "__main__":
    unittest.main()

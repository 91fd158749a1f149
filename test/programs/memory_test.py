"""A program that trains holds its data, what its network's type says, and 5 MB at most beside them.

memory_test.py PROGRAM...
"""

import os
import pathlib
import re
import subprocess
import sys
import unittest

PROGRAMS = [os.path.abspath(program) for program in sys.argv[1:]]
BESIDE = 5_000_000  # the system's libraries, the stack, what the heap keeps of freed memory


def resident(process):
    """Bytes of anonymous memory that a process has in use: no files, no code."""
    status = pathlib.Path(f"/proc/{process}/status")
    kilobytes = re.search(r"^RssAnon:\s+(\d+) kB", status.read_text() if status.exists() else "",
                          re.M)
    return int(kilobytes[1]) * 1024 if kilobytes else None


def promised(program):
    """The bytes of training, as the program's --summary prints them."""
    summary = subprocess.run([program, "--summary"], capture_output=True, text=True, check=True)
    return int(re.search(r"^Training, .*: ([\d,]+) bytes$", summary.stdout,
                         re.M)[1].replace(",", ""))


def training(program):
    """A process that trains on and has made its second report, and the bytes of its data: one for
    each pixel and one for the label."""
    process = subprocess.Popen([program, "--threads", "1", "--steps", "100000000",
                                "--eval-every", "50"], stdout=subprocess.PIPE, text=True)
    data = reports = 0
    for line in process.stdout:
        if shape := re.fullmatch(r"\w+ set \((\d+), (\d+), (\d+)\) \(\1,\)\n", line):
            count, height, width = map(int, shape.groups())
            data += count * (height * width + 1)
        reports += line.startswith("Validation accuracy")
        if reports == 2:
            break
    return process, data


class Holds(unittest.TestCase):
    @unittest.skipIf(resident("self") is None, "/proc/self/status has no RssAnon here")
    def test_data_and_type(self):
        for program in PROGRAMS:
            process, data = training(program)
            with self.subTest(program), process:
                held = resident(process.pid)
                process.kill()
                beside = held - data - promised(program)
                print(f"{os.path.basename(program)}: {held:,} bytes, {beside:,} of them beside "
                      "data and type")
                self.assertGreater(data, 0)
                self.assertLess(abs(beside), BESIDE)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)

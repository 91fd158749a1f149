"""tools/ledger.py on a small network: ledger_test.py BUILD. It compiles for half a minute, so that
.ci/run has it and the everyday test has not."""

import pathlib
import re
import subprocess
import sys
import unittest

BUILD = sys.argv.pop(1)
HERE = pathlib.Path(__file__).resolve().parent


class Ledger(unittest.TestCase):
    def test_a_network(self):
        run = subprocess.run([HERE.parent.parent / "tools/ledger.py", HERE / "tiny.cpp", "--build",
                              BUILD, "--repeat", "1"], text=True, capture_output=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        rows = [re.split("  +", line.strip()) for line in run.stdout.splitlines()]
        passes = [cell.split()[0] for row in rows[2:] for cell in row[:2] if "gradient" in cell
                  or "forward" in cell]
        inner = ["forward", "data_gradient", "weight_gradient"]
        self.assertEqual(passes, ["forward", "weight_gradient", *inner[:2], *inner, *inner])
        layers = [row[0] for row in rows if re.match(r"\d_", row[0])]
        self.assertEqual(layers, ["0_conv2d, 8 x 8 x 1 to 8 x 8 x 3",
                                  "2_max_pool2d, 8 x 8 x 3 to 4 x 4 x 3",
                                  "3_dense, 4 x 4 x 3 to 20", "4_dense, 20 to 3"])
        total = next(row for row in rows if row[0] == "total")
        numbers = [float(cell.replace(",", "")) for cell in total[1:]]
        self.assertEqual(len(numbers), 7)
        self.assertTrue(all(number > 0 for number in numbers[:5]), numbers)
        self.assertNotEqual(numbers[3], numbers[4], "two halves, not one twice")


if __name__ == "__main__":
    unittest.main()

"""What --profile prints. profile_test.py CONV_STRIDED"""

import os
import re
import subprocess
import sys
import unittest

CONV_STRIDED = os.path.abspath(sys.argv[1])


def run(*options):
    return subprocess.run([CONV_STRIDED, *options], capture_output=True, text=True, timeout=300)


class Profile(unittest.TestCase):
    def test_profile_has_each_pass_and_all_of_the_time(self):
        plain = run("--steps", "20").stdout
        for threads in ("1", "2"):
            done = run("--steps", "20", "--profile", "--threads", threads)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue(done.stdout.startswith(plain))
            head, columns, _, *rows = done.stdout[len(plain):].splitlines()
            self.assertRegex(head, rf"^Profile of 3 timed steps on {threads} threads?, FMA peak ")
            self.assertTrue(columns.endswith("  Of peak"))
            step = rows.pop()
            cells = [re.split(r"  +", row) for row in rows[:-1]]
            self.assertEqual([row[0] for row in cells if row[1] == "forward"],
                             ["0_conv2d+relu", "2_conv2d+relu", "4_dense+relu", "6_dense"])
            for name, layers in (("data_gradient", "246"), ("weight_gradient", "0246")):
                self.assertEqual("".join(row[0][0] for row in cells if row[1] == name), layers)
            times = [float(re.search(r" (\d+\.\d\d) ", row)[1]) for row in [*rows[:-1], step]]
            self.assertAlmostEqual(sum(times[:-1]), times[-1], delta=0.2)
            self.assertTrue(all(time > 0 for time in times))

    def test_profile_counts_the_pictures_that_there_are(self):
        """Of 5 pictures, batches of 16 have 5: time and rate multiply to their FLOPs."""
        done = run("--steps", "400", "--train-size", "5", "--profile", "--threads", "1")
        row = next(line for line in done.stdout.splitlines() if line.startswith("2_conv2d+relu "))
        microseconds, _, rate, _ = re.split(r"  +", row)[2:]
        self.assertAlmostEqual(float(microseconds) * float(rate) / (5 * 524.288), 1, delta=0.5)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)

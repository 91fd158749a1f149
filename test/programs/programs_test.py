"""Runs the assignments' programs as a person would, on the built-in letters and on bad input.

programs_test.py CONV_STRIDED LOGISTIC_L2
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

CONV_STRIDED, LOGISTIC_L2 = sys.argv[1:3]
NOTMNIST = os.environ.get("ETCH_NOTMNIST")


def run(program, *options, **keywords):
    return subprocess.run([program, *options], capture_output=True, text=True, timeout=300,
                          **keywords)


def notebook(output):
    """The lines as a list of (pattern name, step, number); every line must be a notebook's."""
    patterns = [
        ("loaded", r"(Training|Validation|Test) set \((\d+), 28, 28\) \(\2,\)"),
        ("reshaped", r"(Training|Validation|Test) set \((\d+), (?:784|28, 28, 1)\) \(\2, 10\)"),
        ("initialized", r"Initialized()()"),
        ("loss", r"Minibatch loss at step (\d+): (\d+\.\d{6})"),
        ("minibatch", r"()Minibatch accuracy: (\d+\.\d)%"),
        ("validation", r"()Validation accuracy: (\d+\.\d)%"),
        ("test", r"()Test accuracy: (\d+\.\d)%"),
    ]
    lines = []
    for line in output.splitlines():
        for name, pattern in patterns:
            if match := re.fullmatch(pattern, line):
                lines.append((name, match[1], match[2]))
                break
        else:
            raise AssertionError(f"no line of a notebook: {line!r}")
    return lines


class Trains(unittest.TestCase):
    def check_notebook(self, output, steps, every, least):
        lines = notebook(output)
        reports = [("loss", str(step)) for step in range(0, steps, every)]
        self.assertEqual([name for name, *_ in lines],
                         ["loaded"] * 3 + ["reshaped"] * 3 + ["initialized"] +
                         ["loss", "minibatch", "validation"] * len(reports) + ["test"])
        self.assertEqual([(name, step) for name, step, _ in lines if name == "loss"], reports)
        self.assertGreaterEqual(float(lines[-1][2]), least)

    def test_conv_strided_as_the_notebook(self):
        done = run(CONV_STRIDED)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.check_notebook(done.stdout, 1001, 50, least=80)
        self.assertIn("28, 28, 1) (", done.stdout)

    def test_logistic_l2_as_the_notebook(self):
        done = run(LOGISTIC_L2)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.check_notebook(done.stdout, 3001, 500, least=75)
        self.assertIn(", 784) (", done.stdout)

    def test_output_is_the_same_for_any_number_of_threads(self):
        for program in CONV_STRIDED, LOGISTIC_L2:
            options = "--steps", "301", "--eval-every", "25"
            alone = run(program, "--threads", "1", *options).stdout
            self.assertEqual(len(notebook(alone)), 7 + 3 * 13 + 1)
            self.assertEqual(run(program, "--threads", "2", *options).stdout, alone)
            self.assertEqual(run(program, "--threads", "3", *options).stdout, alone)
            self.assertNotEqual(run(program, "--seed", "2", *options).stdout, alone)

    def test_options_change_what_they_say(self):
        options = "--steps", "101", "--eval-every", "100"
        plain = run(LOGISTIC_L2, *options).stdout
        for option in ("--learning-rate", "0.1"), ("--l2", "0.001"), ("--seed", "7"):
            self.assertNotEqual(run(LOGISTIC_L2, *options, *option).stdout, plain, option)
        self.assertEqual(run(LOGISTIC_L2, *options, "--learning-rate", "0.5", "--l2", "0.05",
                             "--seed", "1").stdout, plain)

    @unittest.skipUnless(NOTMNIST, "set ETCH_NOTMNIST to notMNIST_small.tar.gz to train on it")
    def test_real_letters(self):
        for program, least in (CONV_STRIDED, 86), (LOGISTIC_L2, 84.5):
            done = run(program, "--data", NOTMNIST)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertGreaterEqual(float(notebook(done.stdout)[-1][2]), least)


class Explains(unittest.TestCase):
    def test_help(self):
        done = run(CONV_STRIDED, "--help")
        self.assertEqual(done.returncode, 0)
        for option in ("--data", "--steps", "--eval-every", "--seed", "--threads",
                       "--learning-rate", "--l2", "--summary", "--version", "--test-size",
                       "--validation-size", "--split-seed"):
            self.assertIn(option, done.stdout)
        self.assertNotIn("--dropout", done.stdout)  # nothing drops

    def test_version_names_the_target(self):
        done = run(CONV_STRIDED, "--version")
        self.assertRegex(done.stdout, r"^conv_strided \(etch \d+\.\d+\.\d+\), SIMD target \S.*\n$")

    def test_summary(self):
        done = run(CONV_STRIDED, "--summary")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\n2_conv2d +7 x 7 x 16 +6,416 +524,288 +3,136\n")
        self.assertRegex(done.stdout, r"\ntotal +57,722 +769,568 +35,072\n$")

    def test_wrong_usage_is_one_line_and_2(self):
        for options in (["--foo"], ["foo"], ["--steps"], ["--steps", "x"], ["--steps", "0"],
                        ["--steps", "1.5"], ["--steps", "99999999999999"], ["--threads", "0"],
                        ["--threads", "-1"], ["--learning-rate", "nan"], ["--l2", "-1"],
                        ["--eval-every", "0"], ["--seed", "-1"], ["--seed", "x"],
                        ["--dropout", "0.5"], ["--test-size", "0"]):
            done = run(CONV_STRIDED, *options)
            self.assertEqual((done.returncode, done.stdout), (2, ""), options)
            self.assertRegex(done.stderr, r"^etch: command line: .*; see conv_strided --help\n$")

    def fails(self, *options, **keywords):
        done = run(CONV_STRIDED, *options, **keywords)
        self.assertEqual(done.returncode, 1, options)
        self.assertRegex(done.stderr, r"^etch: [^\n]+: [^\n]+, [^\n]+; [^\n]+\n$")
        return done.stderr

    def test_bad_data_is_one_line_and_1(self):
        with tempfile.TemporaryDirectory() as folder:
            empty = pathlib.Path(folder, "empty")
            empty.mkdir()
            noise = pathlib.Path(folder, "noise.tar.gz")
            noise.write_bytes(bytes(range(256)) * 8)
            for path in empty, noise, pathlib.Path(folder, "nowhere"):
                self.assertIn(str(path), self.fails("--data", str(path)))

    def test_unknown_simd_target(self):
        self.assertIn("ETCH_SIMD asks for MMX",
                      self.fails("--steps", "1", env={**os.environ, "ETCH_SIMD": "MMX"}))

    def test_a_full_disk_is_noticed(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([CONV_STRIDED, "--summary"], stdout=full, stderr=subprocess.PIPE,
                                  text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("etch: standard output:", done.stderr)

    def test_progress_on_a_terminal_only(self):
        script = subprocess.run(["script", "-qec", f"{CONV_STRIDED} --steps 5000 --eval-every 1000",
                                 "/dev/null"], capture_output=True)
        self.assertRegex(script.stdout, rb"\rstep \d+ of 5000, \d+ steps/s, \d+:\d\d left")
        self.assertNotIn("steps/s", run(CONV_STRIDED, "--steps", "3000").stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)

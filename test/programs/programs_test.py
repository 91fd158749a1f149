"""Runs the assignments' programs as a person would, on the built-in letters and on bad input.

programs_test.py CONV_STRIDED LOGISTIC_L2
"""

import array
import csv
import json
import math
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

CONV_STRIDED, LOGISTIC_L2 = map(os.path.abspath, sys.argv[1:3])
NOTMNIST = os.environ.get("ETCH_NOTMNIST")


def run(program, *options, **keywords):
    return subprocess.run([program, *options], capture_output=True, text=True, timeout=300,
                          **keywords)


def as_float32(text):
    """The nearest single-precision number, of which nine digits are one of many names."""
    return struct.unpack("f", struct.pack("f", float(text)))[0]


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


def read_safetensors(path):
    """{name: (shape, array of floats)}, and the metadata."""
    data = path.read_bytes()
    length, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__")
    return {name: (tensor["shape"],
                   array.array("f", data[8 + length:][slice(*tensor["data_offsets"])]))
            for name, tensor in header.items()}, metadata


def write_safetensors(path, tensors):
    """As other authors do: without metadata or padding, in the order of the names."""
    header, at = {}, 0
    for name, (shape, values) in sorted(tensors.items()):
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + 4 * len(values)]}
        at += 4 * len(values)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text +
                     b"".join(values.tobytes() for _, (_, values) in sorted(tensors.items())))


class Keeps(unittest.TestCase):
    """--save, --init and --log."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_in(self, program, *options):
        done = run(program, *options, cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return notebook(done.stdout)

    def test_training_goes_on_from_what_was_saved(self):
        self.run_in(CONV_STRIDED, "--steps", "30", "--save", "model")
        tensors, metadata = read_safetensors(self.folder / "model")
        self.assertEqual(metadata["etch_network"], "Input<28, 28, 1>, Conv2D<16, 5, Same, 2>, "
                         "ReLU, Conv2D<16, 5, Same, 2>, ReLU, Dense<64>, ReLU, Dense<10>")
        self.assertEqual({name: shape for name, (shape, _) in tensors.items()},
                         {"0_conv2d.kernel": [5, 5, 1, 16], "0_conv2d.bias": [16],
                          "2_conv2d.kernel": [5, 5, 16, 16], "2_conv2d.bias": [16],
                          "4_dense.kernel": [784, 64], "4_dense.bias": [64],
                          "6_dense.kernel": [64, 10], "6_dense.bias": [10]})
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["model"])

        write_safetensors(self.folder / "other", tensors)
        first = self.run_in(CONV_STRIDED, "--steps", "1", "--init", "other", "--seed", "2")
        # Step 0 shows the loss before it; from the initial values it is another.
        self.assertEqual(first, self.run_in(CONV_STRIDED, "--steps", "1", "--init", "model"))
        self.assertNotEqual(first, self.run_in(CONV_STRIDED, "--steps", "1"))

    def test_without_steps_all_is_as_it_was(self):
        lines = self.run_in(LOGISTIC_L2, "--steps", "0", "--save", "a", "--log", "log.csv")
        self.assertEqual([name for name, *_ in lines[6:]], ["initialized", "validation", "test"])
        self.assertEqual((self.folder / "log.csv").read_text().count("\n"), 1)
        again = self.run_in(LOGISTIC_L2, "--steps", "0", "--seed", "9", "--init", "a",
                            "--save", "b")
        self.assertEqual(lines, again)
        self.assertEqual(*((self.folder / name).read_bytes() for name in "ab"))
        self.run_in(LOGISTIC_L2, "--steps", "0", "--seed", "9", "--save", "c")
        self.assertNotEqual(*((self.folder / name).read_bytes() for name in "ac"))

    def test_biases_count(self):
        bias = array.array("f", [0] * 3 + [9] + [0] * 6)
        write_safetensors(self.folder / "d", {"0_dense.kernel": ([784, 10],
                                                                 array.array("f", [0] * 7840)),
                                              "0_dense.bias": ([10], bias)})
        lines = self.run_in(LOGISTIC_L2, "--steps", "0", "--init", "d")
        self.assertEqual(lines[-1], ("test", "", "10.0"))  # all D, of which there is a tenth

    def test_log_has_all_that_is_printed_and_more_digits(self):
        lines = self.run_in(LOGISTIC_L2, "--steps", "21", "--eval-every", "10", "--log", "log.csv")
        with open(self.folder / "log.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]),
                         ["step", "loss", "minibatch_accuracy", "validation_accuracy"])
        for row, (loss, minibatch, validation) in zip(rows, zip(*[iter(lines[7:-1])] * 3),
                                                      strict=True):
            self.assertEqual((row["step"], f"{as_float32(row['loss']):.6f}"), loss[1:])
            self.assertEqual(f"{100 * float(row['minibatch_accuracy']):.1f}", minibatch[2])
            self.assertEqual(f"{100 * float(row['validation_accuracy']):.1f}", validation[2])
        self.assertTrue(any(len(row["loss"].replace(".", "")) == 9 for row in rows))
        # The line of a step is there as soon as the step is.
        self.assertEqual(
            len(self.run_in(LOGISTIC_L2, "--steps", "5", "--eval-every", "1", "--log", "log.csv")),
            7 + 3 * 5 + 1)
        self.assertEqual((self.folder / "log.csv").read_text().count("\n"), 6)

    def fails(self, *options):
        done = run(LOGISTIC_L2, *options, cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout), (1, ""), options)  # before any work
        self.assertRegex(done.stderr, r"^etch: [^\n]+: [^\n]+, [^\n]+; [^\n]+\n")
        return done.stderr

    def test_what_cannot_be_written_is_said_before_training(self):
        for option in "--save", "--log":
            for path in "nowhere/file", ".", "/dev/full":
                self.assertIn(path, self.fails(option, path).split("\n")[0])
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_file_of_another_network_is_compared_layer_by_layer(self):
        self.run_in(CONV_STRIDED, "--steps", "0", "--save", "conv")
        error = self.fails("--init", "conv", "--save", "saved", "--log", "log.csv")
        self.assertIn("Input<784> as input expected, Input<28, 28, 1> found", error.split("\n")[0])
        self.assertRegex(error, r"\n  \* layer 0 +Dense<10> +Conv2D<16, 5, Same, 2>\n")
        self.assertRegex(error, r"\n  \*   0_dense.kernel +F32 \[784, 10\] +-\n")
        self.assertRegex(error, r"\n  \*   6_dense.kernel +- +F32 \[64, 10\]\n")
        self.assertIn("nowhere", self.fails("--init", "nowhere"))
        self.assertEqual([p.name for p in self.folder.iterdir()], ["conv"])


def write_png(path, rows, side):
    """8-bit gray, `side` x `side`."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I",
                                                                        zlib.crc32(kind + data))
    lines = b"".join(b"\0" + rows[i:i + side] for i in range(0, side * side, side))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" +
                     chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


class Judges(unittest.TestCase):
    """--confusion, --mistakes and --predict."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        # Each class of this model looks at one pixel: C at the first, D at the last.
        kernel = array.array("f", [0] * 7840)
        kernel[0 * 10 + 2] = kernel[783 * 10 + 3] = 4
        write_safetensors(self.folder / "model", {
            "0_dense.kernel": ([784, 10], kernel),
            "0_dense.bias": ([10], array.array("f", [0] * 10))})

    def run_in(self, *options):
        done = run(LOGISTIC_L2, *options, cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_confusion_and_mistakes_agree_with_the_accuracy(self):
        lines = self.run_in("--steps", "201", "--eval-every", "200", "--confusion", "--mistakes",
                            "worst.png").splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("Test accuracy"))
        accuracy = notebook(lines[at])[0][2]
        table = [line.split() for line in lines[at + 2:at + 14]]
        self.assertEqual(table[0], [*"ABCDEFGHIJ", "Recall"])
        counts = [[int(count) for count in row[1:11]] for row in table[1:11]]
        right = sum(counts[i][i] for i in range(10))
        self.assertEqual(sum(map(sum, counts)), 1000)
        self.assertEqual(f"{right / 10:.1f}", accuracy)
        for i in range(10):
            self.assertEqual(table[i + 1][0], "ABCDEFGHIJ"[i])
            self.assertEqual(table[i + 1][11], f"{100 * counts[i][i] / sum(counts[i]):.1f}%")
            self.assertEqual(table[11][i + 1],
                             f"{100 * counts[i][i] / sum(row[i] for row in counts):.1f}%")
        self.assertEqual(lines[at + 14:], [
            f"Mistakes: {1000 - right} of 1000, the worst {min(100, 1000 - right)} in worst.png"])
        self.assertEqual((self.folder / "worst.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(len(lines[:at]), 7 + 3 * 2)

    def test_pictures_of_any_size(self):
        for side in 28, 280:
            cell = side // 28
            rows = bytearray(side * side)
            for y in range(cell):
                rows[y * side:y * side + cell] = b"\xff" * cell
            write_png(self.folder / f"first{side}.png", rows, side)
            write_png(self.folder / f"last{side}.png", rows[::-1], side)
        names = ["first28.png", "first280.png", "last28.png", "last280.png"]
        lines = self.run_in("--init", "model", "--predict", *names).splitlines()
        self.assertEqual(len(lines), 4 * 11)
        # Logits: 2 for the pixel that is white, -2 for the one that is black, 0 for eight others.
        largest = math.exp(2) / (math.exp(2) + math.exp(-2) + 8)
        for name, block in zip(names, zip(*[iter(lines)] * 11)):
            letter = "C" if "first" in name else "D"
            self.assertEqual(block[0], f"{name}: {letter} {100 * largest:.1f}%")
            rows = dict(line.split() for line in block[1:])
            self.assertEqual("".join(rows), "ABCDEFGHIJ")
            self.assertAlmostEqual(float(rows[letter]), largest, places=5)
            self.assertAlmostEqual(sum(map(float, rows.values())), 1, places=5)

    def test_predicts_after_training_without_a_model(self):
        write_png(self.folder / "x.png", bytes(784), 28)
        lines = self.run_in("--steps", "2", "--predict", "x.png").splitlines()
        self.assertRegex(lines[-12], "^Test accuracy: ")
        self.assertRegex(lines[-11], r"^x\.png: [A-J] \d+\.\d%$")

    def fails(self, *options):
        done = run(LOGISTIC_L2, *options, cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout), (1, ""), options)  # before any work
        self.assertRegex(done.stderr, r"^etch: [^\n]+: [^\n]+, [^\n]+; [^\n]+\n$")
        return done.stderr

    def test_bad_pictures_and_places_are_said_before_training(self):
        (self.folder / "no.png").write_text("no picture")
        write_png(self.folder / "good.png", bytes(784), 28)
        for options in [], ["--init", "model"]:
            for bad in "no.png", "nowhere.png", ".":
                self.assertIn(f"etch: {bad}: ",
                              self.fails(*options, "--predict", "good.png", bad))
        for path in "nowhere/file", ".", "/dev/full":
            self.assertIn(path, self.fails("--mistakes", path))
        self.fails("--init", "nowhere", "--predict", "good.png")


class Explains(unittest.TestCase):
    def test_help(self):
        done = run(CONV_STRIDED, "--help")
        self.assertEqual(done.returncode, 0)
        for option in ("--data", "--steps", "--eval-every", "--seed", "--threads",
                       "--learning-rate", "--l2", "--summary", "--version", "--test-size",
                       "--validation-size", "--split-seed", "--init", "--save", "--log",
                       "--confusion", "--mistakes", "--predict"):
            self.assertIn(option, done.stdout)
        self.assertNotIn("--dropout", done.stdout)  # nothing drops

    def test_version_names_the_target(self):
        done = run(CONV_STRIDED, "--version")
        self.assertRegex(done.stdout, r"^conv_strided \(etch \d+\.\d+\.\d+\), SIMD target \S.*\n$")

    def test_summary(self):
        done = run(CONV_STRIDED, "--summary")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\n2_conv2d +7 x 7 x 16 +6,416 +524,288 +3,136\n")
        self.assertRegex(done.stdout, r"\ntotal +57,722 +769,568 +35,072\n\n")
        self.assertRegex(done.stdout, r"\nInference, one picture at a time: 253,824 bytes\n"
                         r"Training, batches of 16, one thread: [\d,]+ bytes\n$")

    def test_wrong_usage_is_one_line_and_2(self):
        for options in (["--foo"], ["foo"], ["--steps"], ["--steps", "x"], ["--steps", "-1"],
                        ["--steps", "1.5"], ["--steps", "99999999999999"], ["--threads", "0"],
                        ["--threads", "-1"], ["--learning-rate", "nan"], ["--l2", "-1"],
                        ["--eval-every", "0"], ["--seed", "-1"], ["--seed", "x"],
                        ["--dropout", "0.5"], ["--test-size", "0"], ["--predict"],
                        ["--save", ""], ["--predict", "a", ""],
                        ["--init", "a", "--predict", "b", "--steps", "1"]):
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

    def test_parameters_that_are_no_numbers_are_said(self):
        done = run(LOGISTIC_L2, "--learning-rate", "1000000", "--l2", "1000000", "--steps", "40")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"^etch: training: [^\n]+; lower --learning-rate\n$")

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

    def test_an_error_on_a_terminal_has_a_line_of_its_own(self):
        diverging = "--steps 20000 --eval-every 20000 --learning-rate 1000000 --l2 1000000"
        script = subprocess.run(["script", "-qec", f"{LOGISTIC_L2} {diverging}", "/dev/null"],
                                capture_output=True)
        self.assertRegex(script.stdout, rb"steps/s, \d+:\d\d left\x1b\[K\r\x1b\[Ketch: training: ")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)

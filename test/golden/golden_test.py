"""Holds a program to TensorFlow's numbers, which tools/make_golden.py has written beside this file.

golden_test.py PROGRAM
"""

import csv
import functools
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import course  # noqa: E402
import golden  # noqa: E402
import letters  # noqa: E402

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
NAME = PROGRAM.name
RATE = 2.0 ** 19  # at which what a step adds to a weight leaves nothing of the weight but rounding


class Golden(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        file = golden.FOLDER / f"{NAME}.npz"
        again = f"run tools/make_golden.py {NAME}"
        if NAME not in course.MODELS:
            raise AssertionError(f"{NAME} has no row in tools/course.py; add it and {again}")
        if not file.exists():
            raise AssertionError(f"{file} is not there; {again}")
        cls.model = course.MODELS[NAME]
        cls.stored = dict(np.load(file))
        made_from, says = str(cls.stored["settings"]), golden.settings(cls.model)
        if made_from != says:
            raise AssertionError(f"{file.name} was made from {made_from}; tools/course.py says "
                                 f"{says}; {again}")
        cls.initial_values = staticmethod(functools.cache(cls.model.initial_values))
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        for file in letters.LETTERS.glob("train-*.gz"):
            pathlib.Path(cls.folder.name, file.name).symlink_to(file)
        images, labels = golden.validation()
        for part in "validation", "test":
            letters.write_idx(f"{cls.folder.name}/{part}-images-idx3-ubyte",
                              images.reshape(-1, 28, 28))
            letters.write_idx(f"{cls.folder.name}/{part}-labels-idx1-ubyte", labels)

    def run_program(self, seed, steps, rate=None, pictures=None):
        """The variables afterwards, and the lines of the log."""
        saved, log = (f"{self.folder.name}/{file}" for file in ("saved.safetensors", "log.csv"))
        call = [PROGRAM, "--data", self.folder.name, "--seed", str(seed), "--steps", str(steps),
                "--eval-every", "1", "--save", saved, "--log", log]
        if rate is not None:
            call += ["--learning-rate", repr(rate)]
        if pictures is not None:
            call += ["--train-size", str(pictures)]
        for option in self.model.augmentation:
            call += [f"--{option}", "0"]
        done = subprocess.run(call, capture_output=True, text=True, timeout=100)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(log, newline="") as lines:
            return golden.read_safetensors(saved), list(csv.DictReader(lines))

    def test_initial_values(self):
        seed = int(self.stored["gradient.seed"])
        found, log = self.run_program(seed, 0)
        expected = self.initial_values(seed)
        self.assertEqual(log, [])
        self.assertEqual({name: v.shape for name, v in found.items()}, self.model.variables)
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, rtol=1e-6, err_msg=name)

    def test_gradients_of_the_first_step(self):
        model, seed = self.model, int(self.stored["gradient.seed"])
        pictures = golden.gradient_pictures(model)
        after, _ = self.run_program(seed, 1, RATE,
                                    pictures if pictures < model.batch else None)
        rate = RATE * model.rate.factor(0)
        # Nesterov's first step is also momentum's share of the next.
        momentum = model.optimizer.momentum if model.optimizer and model.optimizer.nesterov else 0
        for name, before in self.initial_values(seed).items():
            gradient = (before.astype(np.float64) - after[name]) / rate
            found = golden.sketch(gradient / (1 + momentum), golden.GRADIENT_SUMS)
            error = golden.relative_error(found, self.stored[f"gradient/{name}"])
            self.assertLessEqual(error, golden.GRADIENT_TOLERANCE, f"{NAME}: gradient of {name}")

    def test_training(self):
        for run in golden.runs(self.model):
            with self.subTest(run.name):
                self.check_run(run)

    def check_run(self, run):
        seed = int(self.stored[f"{run.name}.seed"])
        after, log = self.run_program(seed, run.steps, run.rate)
        expected = {key: self.stored[f"{run.name}/{key}"]
                    for key in ("loss", "minibatch", "validation")}
        self.assertEqual([int(line["step"]) for line in log], list(range(run.steps)))
        for step, (line, loss) in enumerate(zip(log, expected["loss"])):
            self.assertLessEqual(abs(float(line["loss"]) - loss), run.tolerance * max(1, loss),
                                 f"{NAME}: loss at step {step}: {line['loss']}, TensorFlow {loss}")
        for column, total in ("minibatch", self.model.batch), ("validation", golden.VALIDATION):
            found = np.array([round(float(line[f"{column}_accuracy"]) * total) for line in log])
            # The largest two outputs of a picture may be equal but for rounding.
            self.assertLessEqual(np.abs(found - expected[column]).sum(), 2,
                                 f"{NAME}: {column} pictures right: {found}, TensorFlow "
                                 f"{expected[column]}")
        for name, before in self.initial_values(seed).items():
            moved = golden.sketch(after[name].astype(np.float64) - before, golden.MOVED_SUMS)
            error = golden.moved_error(moved, self.stored[f"{run.name}/moved/{name}"], before)
            self.assertLessEqual(error, golden.MOVED_TOLERANCE,
                                 f"{NAME}: {name} in {run.steps} steps")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)

"""bench/ where it needs no library: models.py with workers that only pretend, the page from reports
that nobody measured, and plain NumPy's training against TensorFlow's numbers."""

import json
import pathlib
import sys
import tempfile
import unittest

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tools")]
import course  # noqa: E402
import golden  # noqa: E402
import letters  # noqa: E402
import models  # noqa: E402
import performance_page  # noqa: E402
from frameworks.numpy import NumPy  # noqa: E402

# Answers as a worker does, with losses that are off by its argument.
PRETENDER = """
import sys
for line in sys.stdin:
    request, count = line.split()[0], int(line.split()[-1]) if "model" not in line else 0
    print({"losses": [3 + float(sys.argv[1])] * count, "logits": [1, -2.0] * count,
           "step": [count * 1e-5], "infer": [count * 1e-4], "latency": [1e-6] * count,
           "peak": [1e11] * count, "model": "null"}.get(request, '{"error": "no ' + request + '"}'),
          flush=True)
"""


def pretender(error=0.0):
    return models.Worker([sys.executable, "-c", PRETENDER, error], 1)


class Workers(unittest.TestCase):
    def setUp(self):
        self.workers = {"etch": pretender(), "jax": pretender(1e-5), "numpy": pretender(0.1)}
        self.addCleanup(lambda: [worker.end() for worker in self.workers.values()])

    def test_who_computes_something_else_is_not_timed(self):
        reasons = []
        kept = models.agreeing("lenet5", "FILE", self.workers, reasons)
        self.assertEqual(list(kept), ["etch", "jax"])
        self.assertEqual(reasons, ["lenet5, numpy: its losses differ from etch's by 3.3e-02 of "
                                   "the largest"])

    def test_an_error_and_an_end_are_reasons(self):
        with self.assertRaisesRegex(models.Disagrees, "no version"):
            self.workers["jax"].ask("version", 1)
        self.workers["jax"].process.kill()
        self.workers["jax"].process.wait()
        with self.assertRaisesRegex(models.Disagrees, "ended"):
            self.workers["jax"].ask("step", 1)

    def test_turns_that_others_disturb_are_dropped(self):
        turn_among_others, shares = models.turn_among_others, iter([0.05, 0.5, 0.0, 0.2])
        self.addCleanup(setattr, models, "turn_among_others", turn_among_others)
        models.turn_among_others = lambda worker, counts, _: (models.turn(worker, counts),
                                                              next(shares))
        turns, dropped, peak = models.rounds({"etch": self.workers["etch"]}, 2, 1)
        self.assertEqual((len(turns["etch"]), dropped["etch"], peak), (2, 1, 1e11))
        found = models.summary(turns["etch"])
        self.assertAlmostEqual(found["step"], 1e-5)
        self.assertAlmostEqual(found["infer"], 1e-4)
        self.assertEqual(found["latency_p99"], 1e-6)

    def test_a_whole_program_is_timed_and_weighed(self):
        says = "x = bytearray(60_000_000); print('Minibatch loss at step 0', x[5])"
        found = models.whole([sys.executable, "-c", says], 1)
        self.assertGreater(found["memory"], 60_000_000)
        self.assertLess(found["memory"], 120_000_000)
        self.assertGreater(found["start"], 0)
        self.assertEqual(models.whole([sys.executable, "-c", "exit(3)"], 1), {})
        own = bytearray(200_000_000)  # is not the program's
        self.assertLess(models.whole([sys.executable, "-c", says], 1)["memory"], len(own))


class Training(unittest.TestCase):
    def test_numpy_trains_as_tensorflow_does(self):
        pictures, labels = letters.read_part("train")
        for name, run in ("logistic_l2", "course"), ("conv_strided", "course"), \
                ("conv_pooled", "course"):
            model, stored = course.MODELS[name], np.load(golden.FOLDER / f"{name}.npz")
            values = model.initial_values(int(stored[f"{run}.seed"]))
            network = NumPy(model, values, letters.floats(pictures), labels, 1, True)
            expected = stored[f"{run}/loss"][:4]
            np.testing.assert_allclose(network.losses(len(expected)), expected, rtol=1e-4)


class Page(unittest.TestCase):
    MODELS = {"machine": {"processor": "P", "simd": "AVX2"}, "date": "2030-01-01", "rounds": 7,
              "versions": {"jax": "1.2"}, "reasons": ["lenet5, numpy: because"],
              "rows": [{"model": "lenet5", "threads": 1, "framework": "etch", "peak": 1e11,
                        "dropped": 1, "step": 2e-3, "infer": 15e-3, "memory": 20e6},
                       {"model": "lenet5", "threads": 1, "framework": "jax", "peak": 1e11,
                        "dropped": 2, "step": 3e-3}]}
    PEERS = {"machine": {"cpu": "P", "peak_gflops": 100},
             "versions": {"etch": "0.1.0", "onednn": "2", "dlib": "absent"},
             "rows": [{"kind": "layer", "model": "lenet5", "layer": "0_conv2d", "pass": "forward",
                       "shape": "28x28x1", "batch": 64, "flops": 1e6,
                       "seconds": {"etch": 2e-5, "onednn": 1e-5}}]}

    def test_figures_have_their_units(self):
        with tempfile.TemporaryDirectory() as folder:
            files = [pathlib.Path(folder, name) for name in ("m.json", "p.json", "page.md")]
            files[0].write_text(json.dumps(self.MODELS))
            files[1].write_text(json.dumps(self.PEERS))
            sys.argv[1:] = [str(files[0]), "--peers", str(files[1]), "-o", str(files[2])]
            performance_page.main()
            page = files[2].read_text()
        for line in ("| `lenet5` | 1 | **2,000.0** | 3,000.0 |",  # µs of a step
                     "| `lenet5` | 1 | **15.00** |",  # µs of each of 1,000 pictures
                     "| `lenet5` | 1 | **20** |",  # MB
                     "| `lenet5` | 0_conv2d forward | 28x28x1 | 64 | 20.00 | **10.00** | 0.50 |",
                     "lenet5, numpy: because", "3 were dropped", "JAX, jit 1.2"):
            self.assertIn(line, page)
        self.assertNotIn("One picture alone, median", page)  # nobody measured it


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

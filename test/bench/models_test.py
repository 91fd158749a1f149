"""bench/ where it needs no library: models.py with workers that only pretend, the page from reports
that nobody measured, and plain NumPy's training against TensorFlow's numbers."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tools")]
import course  # noqa: E402
import golden  # noqa: E402
import letters  # noqa: E402
import models  # noqa: E402
import performance_page  # noqa: E402
import performance_targets  # noqa: E402
import profile_cost  # noqa: E402
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
        reasons = {}
        kept = models.agreeing("lenet5", "FILE", self.workers, reasons)
        self.assertEqual(list(kept), ["etch", "jax"])
        self.assertEqual(reasons, {"numpy": "its losses differ from etch's by 3.3e-02 of the "
                                            "largest"})

    def test_an_error_and_an_end_are_reasons(self):
        with self.assertRaisesRegex(models.Disagrees, "no version"):
            self.workers["jax"].ask("version", 1)
        self.workers["jax"].process.kill()
        self.workers["jax"].process.wait()
        with self.assertRaisesRegex(models.Disagrees, "ended"):
            self.workers["jax"].ask("step", 1)

    def rounds(self, takes, count, shares):
        """Rounds in which others have these shares of the processors, turn by turn."""
        among_others, shares = models.among_others, iter(shares)
        self.addCleanup(setattr, models, "among_others", among_others)
        models.among_others = lambda take, _: (take()[0], next(shares))
        return models.rounds(takes, count, 1, lambda: self.workers["etch"].ask("peak", 1)[0])

    def test_turns_that_others_disturb_are_dropped(self):
        takes = models.warm_turns({"etch": self.workers["etch"]})
        turns, dropped, peaks = self.rounds(takes, 2, [0.05, 0.5, 0.0, 0.2])
        self.assertEqual((len(turns["etch"]), dropped["etch"], peaks), (2, 1, [1e11] * 4))
        found = models.summary(turns["etch"])
        self.assertAlmostEqual(found["step"], 1e-5)
        self.assertAlmostEqual(found["infer"], 1e-4)
        self.assertEqual(found["latency_p99"], 1e-6)

    def test_who_is_never_undisturbed_has_no_figures(self):
        turns, dropped, _ = self.rounds({"jax": lambda: ({"start": 1}, 0)}, 2, [0.5] * 4)
        self.assertEqual((turns["jax"], dropped["jax"]), ([], 4))
        self.assertEqual(models.summary(turns["jax"]), {})

    def test_starts_have_their_median(self):
        found = models.summary([{"start": 3, "memory": 5}, {"start": 1, "memory": 9},
                                {"start": 2, "memory": 1}])
        self.assertEqual(found, {"start": 2, "memory": 5})

    def test_what_a_turn_uses_itself_is_not_others(self):
        busy_seconds, counters = models.busy_seconds, iter([5, 15, 15, 25])
        self.addCleanup(setattr, models, "busy_seconds", busy_seconds)
        models.busy_seconds = lambda _: next(counters)
        self.assertLess(models.among_others(lambda: ({}, 10), 1)[1], 0)
        self.assertGreater(models.among_others(lambda: ({}, 2), 1)[1], models.NOISE)

    def test_a_whole_program_is_timed_and_weighed(self):
        says = "x = bytearray(60_000_000); print('Minibatch loss at step 0', x[5])"
        found, used = models.whole([sys.executable, "-c", says], 1)
        self.assertGreater(found["memory"], 60_000_000)
        self.assertLess(found["memory"], 120_000_000)
        self.assertGreater(found["start"], 0)
        self.assertGreater(used, 0)
        failed, used = models.whole([sys.executable, "-c", "exit(3)"], 1)
        self.assertEqual(failed, {})
        self.assertGreater(used, 0)
        own = bytearray(200_000_000)  # is not the program's
        self.assertLess(models.whole([sys.executable, "-c", says], 1)[0]["memory"], len(own))


class Environment(unittest.TestCase):
    def test_what_is_installed_is_kept(self):
        asked, had = [], set()

        def install(python, package):
            asked.append(package)
            if package not in had:
                raise subprocess.CalledProcessError(1, "pip")

        def make(home):
            self.assertFalse(home.exists())
            home.mkdir()

        def run():
            asked.clear()
            models.environment(pathlib.Path(folder))
            return asked

        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.multiple(models.tensorflow_venv, make=make, install=install), \
                mock.patch.object(sys, "stderr"):
            had = {*models.PACKAGES[1:]}
            self.assertEqual(run(), models.PACKAGES)
            self.assertEqual(run(), models.PACKAGES[:1])
            had = {*models.PACKAGES}
            self.assertEqual(run(), models.PACKAGES[:1])
            self.assertEqual(run(), [])


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


class ProfileCost(unittest.TestCase):
    def test_the_median_is_in_percent(self):
        self.assertEqual(profile_cost.line("lenet5", 2, [1.5, 1.01, 0.99, 1.02, 1.005]),
                         "lenet5       2    +1.00 %   (-0.25 to +26.00)")


class Page(unittest.TestCase):
    MODELS = {"machine": {"processor": "P", "simd": "AVX2"}, "date": "2030-01-01", "rounds": 7,
              "versions": {"jax": "1.2"},
              "reasons": [{"model": "lenet5", "threads": 1, "framework": "numpy", "why": "because"},
                          {"model": "lenet5", "threads": 2, "framework": "numpy",
                           "why": "because"}],
              "rows": [{"model": "lenet5", "threads": 1, "framework": "etch", "peak": 1e11,
                        "dropped": 1, "step": 2e-3, "infer": 15e-3, "memory": 20e6},
                       {"model": "lenet5", "threads": 1, "framework": "pytorch", "peak": 1e11,
                        "dropped": 2, "step": 5e-3},
                       {"model": "lenet5", "threads": 1, "framework": "jax", "peak": 1e11,
                        "dropped": 0, "step": 3e-3}]}
    PEERS = {"machine": {"cpu": "P", "compiler": "gcc"},
             "versions": {"etch": "0.1.0", "onednn": "2", "dlib": "absent"},
             "rows": [{"kind": "layer", "model": "lenet5", "layer": "0_conv2d", "pass": "forward",
                       "shape": "28x28x1", "batch": 64, "flops": 1.6e6, "peak_gflops": 100,
                       "rejected_rounds": 3, "seconds": {"etch": 2e-5, "onednn": 1e-5}},
                      {"kind": "layer", "model": "lenet5", "layer": "0_conv2d",
                       "pass": "weight_gradient", "shape": "28x28x1", "batch": 64, "flops": 1.5e6,
                       "peak_gflops": 100, "rejected_rounds": 0,
                       "seconds": {"etch": 2e-5, "onednn": 4e-5}},
                      {"kind": "latency", "model": "lenet5", "layer": "", "pass": "latency",
                       "shape": "", "batch": 1, "flops": 1e6, "peak_gflops": 100,
                       "rejected_rounds": 0, "seconds": {"etch": 1e-5, "onednn": 2.4e-5},
                       "p99_seconds": {"etch": 1.1e-5, "onednn": 3e-5}},
                      {"kind": "step", "model": "conv_strided", "layer": "", "pass": "step",
                       "shape": "", "batch": 16, "flops": 3.9e7, "peak_gflops": 200,
                       "rejected_rounds": 0, "seconds": {"etch": 2.2e-4, "onednn": 3e-4}},
                      {"kind": "step", "model": "mlp_l2", "layer": "", "pass": "step", "shape": "",
                       "batch": 128, "flops": 1e6, "peak_gflops": 100, "rejected_rounds": 60,
                       "seconds": {"etch": None, "onednn": None}}]}

    PASSES = {"benchmarks": [
        {"run_name": f"{layer}/{name}", "run_type": run_type, "label": label, "real_time": µs * 1e3,
         "GB/s": 50, "%memory": share, "%peak": 0}
        for layer, name, µs, percent in (
            ("mlp_l2/0_dense", "weight_gradient", 800, 3),
            ("mlp_l2/0_dense", "weight_update", 832, 5),
            ("mlp_deep/0_dense", "forward", 800, 5),
            ("mlp_deep/rewritten/0_dense+relu+dropout", "forward", 816, 5),
            ("lenet5/3_conv2d", "data_gradient", 20, 70),
            ("lenet5/rewritten/3_conv2d+max_pool2d+relu", "data_gradient", 15, 60),
            ("logistic_l2/0_dense", "update", 1, 60))
        for run_type, label, share in (
            ("iteration", "L2", percent), ("iteration", "L2, noisy", 1), ("aggregate", "", 2))]}
    COMPILED = [{"unit": "lenet5.cpp", "compiler": "g++ 12.2.0", "seconds": 8.25, "megabytes": 640},
                {"unit": "lenet5.cpp", "compiler": "clang++ 19", "seconds": 5, "megabytes": 300}]
    ALL = MODELS, PEERS, PASSES, COMPILED
    NONE = {"rows": []}, {"rows": []}, {"benchmarks": []}, []

    def test_figures_have_their_units(self):
        with tempfile.TemporaryDirectory() as folder:
            files = [pathlib.Path(folder, str(i)) for i in range(len(self.ALL))]
            for file, report in zip(files, self.ALL):
                file.write_text(json.dumps(report))
            sys.argv[1:] = [*map(str, files), "-o", str(pathlib.Path(folder, "page.md"))]
            performance_page.main()
            page = pathlib.Path(folder, "page.md").read_text()
        for line in ("| `lenet5` | 1 | **2,000.0** | 3,000.0 | 5,000.0 | 1.50 |",  # µs of a step
                     "| `lenet5` | 1 | **15.00** | - |",  # µs of each of 1,000 pictures
                     "| `lenet5` | 1 | **20** | - |",  # MB
                     "| `mlp_l2/0_dense/weight_update` | 832.00 | 50 | 5% |  |",
                     "| clang++ 19 | 5.0 | 300 |",
                     "| `0_conv2d` forward | 28x28x1 | 20.00 | **10.00** | 80% | 0.50 |",
                     "| `lenet5` | 1 | **10.00** | 24.00 | 11.00 | 2.40 |",  # a picture, and p99
                     "- NumPy, `lenet5` on 1, `lenet5` on 2 threads: because.",
                     "- dlib was not installed.", "- `mlp_l2/step`, batch 128: no round was quiet.",
                     "- latency of one picture, `lenet5`, beside everyone: a quarter of it",
                     "3 of models.py's, 63 rounds of bench_peers'.", "JAX, jit: 1.2"):
            self.assertIn(line, page)
        self.assertIn("starts in turn.\n\nNot measured.", page)

    def test_targets_follow_from_the_figures(self):
        rows = {what: rest for what, *rest in
                performance_targets.targets(*self.ALL)}
        one_channel = "conv 5x5 from one channel, 6 filters: forward, weight gradient"
        self.assertEqual(rows[one_channel], ["70% of peak", "75.0%", "met"])  # the lesser of two
        self.assertEqual(rows["training step, `lenet5`, beside PyTorch"],
                         ["3x", "2.50x", "**missed**"])  # JAX is faster, but was not meant
        self.assertEqual(rows["latency of one picture, `lenet5`, beside everyone"],
                         ["2.5x", "2.40x", "**missed**"])
        self.assertEqual(rows["every pass of every layer, beside the best other"],
                         ["1x", "0.50x", "**missed**"])
        self.assertEqual(rows["their geometric mean"], ["1.25x", "1.00x", "**missed**"])
        self.assertEqual(rows["training step of `mlp_l2`, useful FLOPs"],
                         ["88% of peak", "-", "not measured"])
        nominal = "training step of `conv_strided`, beside its nominal FLOPs at peak"
        self.assertEqual(rows[nominal], ["at most 1.15x", "1.10x", "met"])  # 40.0 MFLOP
        fused = "dense 128x784x1024: SGD and L2 fused into the weight gradient, beside plain"
        self.assertEqual(rows[fused], ["at most 1.05x", "1.04x", "met"])
        pooling = ("conv 14x14x6 to 16: max-pooling and ReLU fused into the data gradient, "
                   "beside plain")
        self.assertEqual(rows[pooling], ["fused", "0.75x", "fused"])
        dropping = "dense 128x784x1024: ReLU and dropout fused into the forward pass, beside plain"
        self.assertEqual(rows[dropping], ["fused", "1.02x", "fused"])
        gradient = "dense 128x1024x512: their gradient fused into the data gradient, beside plain"
        self.assertEqual(rows[gradient], ["fused", "-", "not measured"])
        self.assertEqual(rows["SGD, 784 to 10: update"],
                         ["67% of bandwidth", "60.0%", "**missed**"])
        self.assertEqual(rows["SGD, conv 5x5, 16 to 16: update"],
                         ["67% of bandwidth", "-", "not measured"])

    def test_compiling_has_rows_for_time_and_memory(self):
        rows = [row for row in performance_targets.targets(*self.ALL) if "compile" in row[0]]
        self.assertEqual(rows, [
            ("compile `lenet5`, g++ 12.2.0", "at most 12 s", "8.25 s", "met"),
            ("compile `lenet5`, g++ 12.2.0", "at most 600 MB", "640 MB", "**missed**")])

    def test_the_filter_has_the_passes_of_the_rows(self):
        chosen = re.compile(performance_targets.passes_filter())
        for row in self.PASSES["benchmarks"]:
            self.assertTrue(chosen.search(row["run_name"]), row)
        self.assertFalse(chosen.search("lenet5/2_max_pool2d/forward"))

    def test_reasons_belong_to_rows(self):
        names = [what for what, *_ in performance_targets.targets(*self.ALL)]
        for beginning in performance_targets.WHY:
            self.assertTrue(any(name.startswith(beginning) for name in names), beginning)

    def test_the_longest_beginning_gives_the_reason(self):
        reasons = {"conv 5x5": "of all", "conv 5x5, stride 2": "of these"}
        with mock.patch.object(performance_targets, "WHY", reasons):
            self.assertEqual(performance_targets.why("conv 5x5: forward"), "of all")
            self.assertEqual(performance_targets.why("conv 5x5, stride 2: forward"), "of these")
            self.assertIsNone(performance_targets.why("anything else"))

    def test_everyone_is_the_best_of_both_reports(self):
        models = {"rows": [{"model": "lenet5", "threads": 1, "framework": name, "latency": latency}
                           for name, latency in (("etch", 1e-5), ("numpy", 9e-5), ("jax", 3e-5))]}
        whole = "latency of one picture, `lenet5`, beside everyone"
        for peers, measured in (self.NONE[1], "3.00x"), (self.PEERS, "2.40x"):
            found = {what: rest for what, *rest in
                     performance_targets.targets(models, peers, *self.NONE[2:])}
            self.assertEqual(found[whole][1], measured)

    def test_a_long_tail_is_missed(self):
        def verdict(p99):
            row = {"model": "lenet5", "threads": 1, "framework": "etch", "latency": 10,
                   "latency_p99": p99}
            found = performance_targets.targets({"rows": [row]}, *self.NONE[1:])
            return next(last for what, *_, last in found
                        if what.startswith("p99 of the latency of `lenet5`"))

        self.assertEqual([verdict(14), verdict(16), verdict(None)],
                         ["met", "**missed**", "not measured"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

#!/usr/bin/env python3
"""The tables of docs/results.md: every executable on the real notMNIST_small, by etch and by
TensorFlow with the same settings, pictures and number of steps, and how L2's strength matters.

    tools/results.py --data notMNIST_small.tar.gz [--models NAME ...] [--seeds N] [--build DIR]
                     [--letters DIR] [--only etch|letters|tensorflow|sweep|write]

TensorFlow draws its own initial values, dropout masks and augmentation, from the same
distributions. With --letters, mlp_deep and conv_best also learn a folder of rendered letters first
(tools/letters_200000.sh makes one), and then the real ones. Finished runs are kept in
DIR/results.json, so that it can be stopped and go on; remove it when programs or data change."""

import argparse
import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import tensorflow_venv

tensorflow_venv.enter()

import numpy as np  # noqa: E402

import course  # noqa: E402
import course_graph  # noqa: E402
import letters  # noqa: E402
import results_page  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
STRENGTHS = 0, 1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1, 2e-1
SWEPT, SWEEP_SEEDS = ("logistic_l2", "mlp_l2"), 3
LETTERS_FIRST = "mlp_deep", "conv_best"


class Results:
    """Accuracies in percent of finished runs, by what was run."""

    def __init__(self, path):
        self.path = path
        self.runs = json.loads(path.read_text()) if path.exists() else {}

    def once(self, key, run):
        if key in self.runs:
            return
        self.runs[key] = run()
        print(f"{self.runs[key]:6.2f}  {key}", flush=True)
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(self.runs, indent=1) + "\n")
        beside.rename(self.path)


class Etch:
    def __init__(self, options):
        self.options = options

    def run(self, name, model, seed, *more, data=None):
        """What the program prints."""
        call = [self.options.build / "examples" / name, "--data", data or self.options.data,
                "--seed", str(seed), "--steps", str(model.steps), *more]
        done = subprocess.run(call, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"etch: results.py: requires that {name} trains, it failed; see above")
        return done.stdout

    def run_after_letters(self, name, model, seed):
        """What the program prints where it has learnt the letters before."""
        with tempfile.TemporaryDirectory() as folder:
            learnt = pathlib.Path(folder, "letters.safetensors")
            self.run(name, model, seed, "--save", learnt, data=self.options.letters)
            return self.run(name, model, seed, "--init", learnt)

    @staticmethod
    def last(part, output):
        return float(re.findall(rf"^{part} accuracy: ([\d.]+)%$", output, re.M)[-1])


def warped(pictures, augmentation, random):
    """Pictures [n][784] each shifted, slanted and zoomed at random, as etch's warp does it."""
    n, side = len(pictures), 28
    framed = np.pad(pictures.reshape(n, side, side), ((0, 0), (2, 2), (2, 2)),
                    constant_values=-0.5)

    def within(name, around=0.0):
        most = augmentation.get(name, 0)
        return (around + random.uniform(-most, most, n)).astype(np.float32)[:, None, None]

    zoom_y, zoom_x = within("zoom", 1), within("zoom", 1)
    slant, shift_y, shift_x = within("slant"), within("shift"), within("shift")
    place = np.arange(side, dtype=np.float32) - (side - 1) / 2
    above = place[None, :, None] - shift_y
    y = np.broadcast_to(above / zoom_y, (n, side, side))
    x = (place[None, None, :] - shift_x + slant * above) / zoom_x
    y, x = (np.clip(c + (side - 1) / 2, -2, side) + 2 for c in (y, x))
    i, j = (np.minimum(c.astype(int), side + 2) for c in (y, x))
    dy, dx, k = y - i, x - j, np.arange(n)[:, None, None]
    upper = framed[k, i, j] * (1 - dx) + framed[k, i, j + 1] * dx
    lower = framed[k, i + 1, j] * (1 - dx) + framed[k, i + 1, j + 1] * dx
    return (upper * (1 - dy) + lower * dy).reshape(n, -1)


def load(options):
    """Each part's pictures as floats, and labels."""
    data = letters.cut(*letters.read_archive(options.data))
    return {part: (letters.floats(pictures), labels) for part, (pictures, labels) in data.items()}


def train(model, data, seed):
    """TensorFlow's test accuracy."""
    graph = course_graph.Graph(model, seed=seed)
    pictures, labels = data["train"]
    random = np.random.default_rng(seed)
    for step in range(model.steps):
        which = model.minibatch(step, len(labels))
        x = pictures[which]
        if model.augmentation:
            x = warped(x, model.augmentation, random)
        graph.train(graph.feed(step, x, labels[which]))
    return 100 * graph.accuracy(*data["test"])


def check_parts(options, data, etch):
    """That both see the same pictures: all losses of logistic regression, from one end of the
    training pictures to the other, and what it makes of the other parts, must agree."""
    model = dataclasses.replace(course.MODELS["logistic"], rate=course.Rate(0.01))
    count = len(data["train"][1])
    model = dataclasses.replace(model, steps=-(-count // model.batch))
    graph = course_graph.Graph(model)
    graph.set(model.initial_values(1))
    losses = []
    for step in range(model.steps):
        which = model.minibatch(step, count)
        losses.append(graph.train(graph.feed(step, *(a[which] for a in data["train"])))[0])
    output = etch.run("logistic", model, 1, "--eval-every", "1", "--learning-rate", "0.01")
    found = [float(x) for x in re.findall(r"^Minibatch loss at step \d+: (\S+)$", output, re.M)]
    sizes = [int(n) for n in re.findall(r"set \((\d+), 28, 28\)", output)]
    agree = sizes == [len(data[part][1]) for part in letters.PARTS] and \
        np.allclose(found, losses, rtol=1e-4) and \
        all(abs(100 * graph.accuracy(*data[part.lower()]) - etch.last(part, output)) < 0.1
            for part in ("Validation", "Test"))
    if not agree:
        sys.exit("etch: results.py: requires that TensorFlow gets etch's pictures in etch's order, "
                 "losses or accuracies differ; see letters.py")
    print(f"the same {', '.join(map(str, sizes))} pictures in both, by {model.steps} losses",
          flush=True)


def validation_accuracy(etch, name, model, seed):
    """After the last step, by etch with the row's own L2."""
    return etch.last("Validation", etch.run(name, model, seed, "--l2", repr(model.l2),
                                            "--eval-every", str(max(1, model.steps - 1))))


def measure(options, results):
    etch, wanted = Etch(options), options.only
    names, seeds = options.models or list(course.MODELS), range(1, options.seeds + 1)
    if wanted in (None, "etch"):
        for name in names:
            model = options.row(name)
            for seed in seeds:
                results.once(results_page.key("etch", name, seed, model),
                             lambda: etch.last("Test", etch.run(name, model, seed)))
    if wanted in (None, "letters") and options.letters:
        for name in LETTERS_FIRST:
            model = options.row(name)
            for seed in seeds if name in names else ():
                results.once(results_page.key("letters", name, seed, model),
                             lambda: etch.last("Test", etch.run_after_letters(name, model, seed)))
    if wanted in (None, "sweep"):
        for name in SWEPT:
            for strength in STRENGTHS:
                model = dataclasses.replace(options.row(name), l2=strength)
                for seed in range(1, min(options.seeds, SWEEP_SEEDS) + 1):
                    results.once(results_page.key(f"l2 {strength:g} in", name, seed, model),
                                 lambda: validation_accuracy(etch, name, model, seed))
    if wanted in (None, "tensorflow"):
        data = load(options)
        check_parts(options, data, etch)
        for name in names:
            model = options.row(name)
            for seed in seeds:
                results.once(results_page.key("tensorflow", name, seed, model),
                             lambda: train(model, data, seed))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", help="notMNIST_small.tar.gz")
    parser.add_argument("--letters", help="a folder of rendered letters, to be learnt first")
    parser.add_argument("--models", nargs="+", metavar="NAME", choices=list(course.MODELS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, help="instead of each model's own, to try this out")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--only", choices=["etch", "letters", "tensorflow", "sweep", "write"])
    options = parser.parse_args()
    if options.only != "write" and not options.data:
        parser.error("requires --data")
    for name in [] if options.only == "write" else course.MODELS:
        if not (options.build / "examples" / name).exists():
            parser.error(f"requires {name} in {options.build}/examples, there is none; build it: "
                         f"meson compile -C {options.build}")

    def row(name):
        model = course.MODELS[name]
        return dataclasses.replace(model, steps=options.steps) if options.steps else model

    options.row = row
    results = Results(options.build / "results.json")
    if options.only != "write":
        measure(options, results)
    if options.steps:
        print("tried out: docs/results.md stays as it is")
        return
    results_page.write(results.runs, {name: row(name) for name in course.MODELS}, SWEPT, STRENGTHS)


if __name__ == "__main__":
    main()

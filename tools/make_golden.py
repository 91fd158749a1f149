#!/usr/bin/env python3
"""Writes test/golden/MODEL.npz: what TensorFlow finds for the course's models on the built-in
letters, which test/golden/golden_test.py holds etch to. See golden.py for what stands there.

    tools/make_golden.py [MODEL ...]

Each number is taken from the first seed for which TensorFlow's float32 and float64 agree well
within the tolerance, also when float32 sees each minibatch in other orders and starts from weights
that are a few roundings away: correct programs differ in the order of their sums. For gradients no
ReLU and no pooling window may be so near to turning that rounding could decide."""

import argparse
import sys

import tensorflow_venv

tensorflow_venv.enter()

import numpy as np  # noqa: E402

import course  # noqa: E402
import course_graph  # noqa: E402
import golden  # noqa: E402
import letters  # noqa: E402

MOST_SEEDS = 200
MARGIN, MOVED_MARGIN = 3, 6  # how far float32 and float64 must stay below a tolerance
SHAKEN_MARGIN = 2  # for losses of runs whose rounding is exaggerated
ORDERS, SHAKE = 16, 3  # runs that are compared; all but the first start that many roundings away


class Pair:
    """A model in float32 and in float64."""

    def __init__(self, model):
        self.model = model
        self.graphs = [course_graph.Graph(model, dtype, masks=True)
                       for dtype in ("float32", "float64")]
        pictures, self.labels = letters.read_part("train")
        self.pictures = letters.floats(pictures)
        validation, self.validation_labels = golden.validation()
        self.validation = letters.floats(validation)

    def feed(self, graph, seed, step, highest=None, count=None, order=0):
        """The minibatch of a step, as stored if `order` is 0."""
        which = self.model.minibatch(step, count or len(self.labels))
        pictures, labels = self.pictures[which], self.labels[which]
        rows = np.arange(len(labels))
        if order:
            np.random.default_rng([order, step]).shuffle(rows)
        masks = {index: mask[rows]
                 for index, mask in self.model.masks(seed, step, len(rows)).items()}
        return graph.feed(step, pictures[rows], labels[rows], masks, highest)

    def gradients(self, seed):
        """Those of float64, the largest error of float32, and the smallest distance from a turn in
        units of float32's error there."""
        found = []
        for graph in self.graphs:
            graph.set(self.model.initial_values(seed))
            feed = self.feed(graph, seed, 0, count=golden.gradient_pictures(self.model))
            found.append(graph.session.run([graph.gradients, graph.switches], feed))
        (rough, rough_switches), (exact, exact_switches) = found
        error = max(golden.relative_error(rough[name], exact[name]) for name in exact)
        distance = min((self.distance(*pair) for pair in zip(rough_switches, exact_switches)),
                       default=np.inf)
        return exact, error, distance

    @staticmethod
    def distance(rough, exact):
        scale = np.sqrt(np.mean(exact ** 2))
        turning = np.abs(exact[np.abs(exact) > 1e-12 * scale])  # equal patches are equal anyway
        return turning.min() / max(np.abs(rough - exact).max(), 1e-7 * scale)

    def initial_values(self, seed, order):
        """The model's; other orders start from others, up to SHAKE roundings of each number away.
        An order of the minibatch changes no sum within a picture, so all of them may turn a ReLU
        alike; shaken weights change each such sum as another order of it would, by about 1e-7 of
        its terms, and leave equal those of equal patches and zero those of empty ones."""
        initial = self.model.initial_values(seed)
        if not order:
            return initial
        random = np.random.default_rng([order, seed])
        reach = SHAKE * np.finfo(np.float32).eps
        return {name: (value * (1 + random.uniform(-reach, reach, value.shape))).astype(np.float32)
                for name, value in initial.items()}

    def run(self, graph, seed, run, order=0):
        """What golden.py says of a run."""
        initial = self.initial_values(seed, order)
        graph.set(initial)
        rows = []
        for step in range(run.steps):
            loss, right = graph.train(self.feed(graph, seed, step, run.rate, order=order))
            accuracy = graph.accuracy(self.validation, self.validation_labels)
            rows.append((loss, right, round(accuracy * len(self.validation_labels))))
        loss, minibatch, validation = (np.array(column) for column in zip(*rows))
        moved = {f"moved/{name}": golden.sketch(value - initial[name], golden.MOVED_SUMS)
                 for name, value in graph.get().items()}
        return {"loss": loss, "minibatch": minibatch, "validation": validation, **moved}


def find(what, tries):
    """The first of `tries`, (seed, good, result, remark), that is good."""
    for seed, good, result, remark in tries:
        if good:
            print(f"  {what}: seed {seed}, {remark}", flush=True)
            return seed, result
        print(f"  {what}: not seed {seed}, {remark}", flush=True)
    sys.exit(f"etch: {what}: requires a seed for which float32 and float64 agree, none of "
             f"{MOST_SEEDS} does; see golden.py for the conditions")


def gradient_tries(pair):
    for seed in range(1, MOST_SEEDS + 1):
        gradients, error, distance = pair.gradients(seed)
        good = MARGIN * error < golden.GRADIENT_TOLERANCE and distance > MARGIN
        result = {f"gradient/{name}": golden.sketch(value, golden.GRADIENT_SUMS)
                  for name, value in gradients.items()}
        yield seed, good, result, f"float32 within {error:.1e}, turns {distance:.1f} away"


def run_tries(pair, run):
    rough_graph, exact_graph = pair.graphs
    for seed in range(1, MOST_SEEDS + 1):
        exact = pair.run(exact_graph, seed, run)
        initial = pair.model.initial_values(seed)
        result = {f"{run.name}/{key}": value for key, value in exact.items()}
        worst = np.zeros(2)
        for order in range(ORDERS):
            rough = pair.run(rough_graph, seed, run, order)
            error = np.max(np.abs(rough["loss"] - exact["loss"]) / np.maximum(1, exact["loss"]))
            moved = max(golden.moved_error(rough[f"moved/{name}"], exact[f"moved/{name}"], value)
                        for name, value in initial.items())
            worst = np.maximum(worst, [error, moved])
            same = all(np.array_equal(rough[key], exact[key])
                       for key in ("minibatch", "validation"))
            margin = SHAKEN_MARGIN if order else MARGIN
            good = same and margin * worst[0] < run.tolerance and \
                MOVED_MARGIN * worst[1] < golden.MOVED_TOLERANCE
            if not good:
                break
        yield (seed, good, result, f"float32's losses within {worst[0]:.1e}, moved within "
               f"{worst[1]:.1e}{'' if same else ', another accuracy'}")


def make(name):
    model = course.MODELS[name]
    print(name, flush=True)
    pair = Pair(model)
    seed, arrays = find("gradients", gradient_tries(pair))
    arrays |= {"settings": np.array(golden.settings(model)), "gradient.seed": np.array(seed)}
    for run in golden.runs(model):
        seed, result = find(f"{run.name}, {run.steps} steps", run_tries(pair, run))
        arrays |= {f"{run.name}.seed": np.array(seed), **result}
    for key, value in arrays.items():
        arrays[key] = value.astype(np.float32) if value.dtype == np.float64 else value
    np.savez_compressed(golden.FOLDER / f"{name}.npz", **arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", metavar="MODEL",
                        help=f"of {', '.join(course.MODELS)}; by default all")
    options = parser.parse_args()
    for name in options.models:
        if name not in course.MODELS:
            parser.error(f"requires names of models, {name} came")
    for name in options.models or course.MODELS:
        make(name)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""A library at the service of bench/models.py, as worker.cpp is etch: one request a line, one line
of JSON for an answer; {"error": "..."} where it has none.

    worker.py FRAMEWORK --threads N
    worker.py FRAMEWORK --threads N --train MODEL FILE STEPS

    version
    model NAME FILE      takes up a model, its parameters in a file that etch has saved
    losses N, logits N, step N, infer N, latency N     see worker.cpp

With --train it does what a user waits for: starts, loads the letters, trains, and says when the
first step is done."""

import argparse
import json
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))

import numpy as np  # noqa: E402

import course  # noqa: E402
import frameworks  # noqa: E402
import golden  # noqa: E402
import letters  # noqa: E402

INFERRED = 1000  # pictures in a pass of inference


def load():
    """Each part's pictures as floats, and labels."""
    parts = {}
    for part in letters.PARTS:
        pictures, labels = letters.read_part(part)
        parts[part] = letters.floats(pictures), labels
    return parts


class Worker:
    def __init__(self, framework, threads):
        self.kind, self.threads = frameworks.load(framework), threads
        self.data = load()

    def version(self):
        return self.kind.version()

    def model(self, name, file):
        self.row, self.values = course.MODELS[name], golden.read_safetensors(file)
        self.network = self.make()
        self.pictures = self.data["test"][0]
        self.thousand = self.network.put(self.pictures[:INFERRED])

    def make(self, dropout=True):
        return self.kind(self.row, self.values, *self.data["train"], self.threads, dropout)

    def losses(self, count):
        return self.make(dropout=False).losses(count)

    def logits(self, count):
        outputs = self.make().infer(self.network.put(self.pictures[:INFERRED]))
        return np.asarray(outputs)[:count].ravel().tolist()

    def step(self, count):
        start = time.perf_counter()
        self.network.train(count)
        return [time.perf_counter() - start]

    def infer(self, count):
        start = time.perf_counter()
        for _ in range(count):
            self.network.infer(self.thousand)
        return [time.perf_counter() - start]

    def latency(self, count):
        """From a picture in numpy's memory to outputs there."""
        found = []
        for i in range(count):
            picture = self.pictures[i % len(self.pictures)][None]
            start = time.perf_counter()
            np.asarray(self.network.infer(self.network.put(picture)))
            found.append(time.perf_counter() - start)
        return found

    def answer(self, request, *words):
        if request == "model":
            return self.model(*words)
        if request == "version":
            return self.version()
        return getattr(self, request)(*map(int, words))


def serve(framework, threads):
    worker = None
    for line in sys.stdin:
        try:
            worker = worker or Worker(framework, threads)
            answer = worker.answer(*line.split())
        except Exception as error:  # whatever a library raises is its answer
            answer = {"error": f"{type(error).__name__}: {error}".split("\n")[0]}
        print(json.dumps(answer), flush=True)


def train(framework, threads, name, file, steps):
    kind, parts = frameworks.load(framework), load()
    network = kind(course.MODELS[name], golden.read_safetensors(file), *parts["train"], threads,
                   True)
    network.train(1)
    print("Minibatch at step 0", flush=True)
    network.train(int(steps) - 1)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("framework", choices=list(frameworks.CLASSES))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--train", nargs=3, metavar=("MODEL", "FILE", "STEPS"))
    options = parser.parse_args()
    if options.train:
        train(options.framework, options.threads, *options.train)
    else:
        serve(options.framework, options.threads)


if __name__ == "__main__":
    main()

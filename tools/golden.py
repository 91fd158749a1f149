"""What make_golden.py and test/golden/golden_test.py share: which runs are compared, on which
pictures, and how many numbers are kept in few.

test/golden/MODEL.npz holds TensorFlow's numbers for a model of course.py:

    settings                     the model's row, so that an old file is noticed
    gradient.seed                of initial values and masks
    gradient/VARIABLE            the first step's gradient of the whole loss
    RUN.seed
    RUN/loss, RUN/minibatch      of each step: the loss, and how many samples were right, before it
    RUN/validation               how many of the validation pictures are right after each step
    RUN/moved/VARIABLE           final minus initial values

They were computed in float64, by a seed for which TensorFlow in float32 finds the same well within
the tolerance. A variable of up to 4,096 numbers (256 for `moved`) is kept whole. Of a larger one a
count sketch is: each number is added to one of 4,096 (256) sums, with one of two signs, both from a
hash of its place. That is linear, and |sketch(a) - sketch(b)| / |sketch(b)| estimates the relative
error of all numbers of `a` together, within some percent: no wrong number can hide."""

import dataclasses
import json
import math
import pathlib

import numpy as np

import course
import letters

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "test/golden"
VALIDATION = 256  # pictures: all would take longer than training
GRADIENT_SWITCHES, STABLE_SWITCHES = 600_000, 100_000  # in a minibatch
GRADIENT_SUMS, MOVED_SUMS = 4096, 256
GRADIENT_TOLERANCE, MOVED_TOLERANCE = 1e-5, 2e-3


@dataclasses.dataclass(frozen=True)
class Run:
    """Steps that are compared, with their tolerance relative to max(1, loss)."""
    name: str
    steps: int
    tolerance: float
    rate: float | None = None  # the highest, where not the model's own


def runs(model):
    """At the course's settings losses of the MLPs are hundreds at first, and rounding errors grow;
    in a network of convolutions one ReLU that turns by rounding changes a gradient by up to a
    percent, and of 100,000 in each minibatch one will in 100 steps, another one for each order of
    sums. There few steps are compared, and more at a rate that keeps the training stable."""
    if model.stddev == 1 and len(model.layers) > 1:
        return [Run("course", 5, 1e-4), Run("calm", 100, 1e-5, 0.01)]
    turning = switches(model) * model.batch
    if turning > STABLE_SWITCHES:
        momentum = model.optimizer.momentum if model.optimizer else 0
        calm = min(0.001, 600 / turning) * (1 - momentum) / model.rate.factor(0)
        return [Run("course", 10, 1e-5), Run("calm", 100, 1e-5, calm)]
    return [Run("course", 100, 1e-5)]


def switches(model):
    """ReLUs and pooling windows that turn one way or another for each picture."""
    return sum(math.prod(layer.output(shape)) for _, layer, shape in model.steps_of_layers
               if isinstance(layer, (course.ReLU, course.MaxPool2D)))


def settings(model):
    """What the numbers depend on, as text."""
    return dataclasses.replace(model, steps=0, augmentation={}).settings


def gradient_pictures(model):
    """How many pictures of the first minibatch the gradients are of: a large network has so many
    ReLUs and pooling windows that one would always be too near to turning."""
    return min(model.batch, GRADIENT_SWITCHES // max(1, switches(model)))


def validation():
    return tuple(part[:VALIDATION] for part in letters.read_part("validation"))


def sketch(values, sums):
    """`values` if they are at most `sums`, else their count sketch."""
    values = np.asarray(values, np.float64).ravel()
    if values.size <= sums:
        return values
    z = np.arange(1, values.size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)  # SplitMix64
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    signs = np.where(z >> np.uint64(63), -1.0, 1.0)
    return np.bincount((z % np.uint64(sums)).astype(np.int64), signs * values, sums)


def moved_error(found, expected, initial):
    """Of sketches of what moved, relative to it and, because updates round, to a thousandth of what
    it moved from."""
    error = np.linalg.norm(np.asarray(found, np.float64) - expected)
    return error / (np.linalg.norm(expected) + np.linalg.norm(initial) / 1000 or 1)


def relative_error(found, expected):
    norm = np.linalg.norm(expected)
    return np.linalg.norm(np.asarray(found, np.float64) - expected) / (norm if norm else 1)


def read_safetensors(path):
    """The float32 tensors of a file, by name."""
    data = pathlib.Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", (name, entry)
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
    return tensors

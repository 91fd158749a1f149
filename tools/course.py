"""The course's models as data: what examples/ says in C++, for those that compare. A model that is
new or changed there has its row here, in MODELS; then run tools/make_golden.py MODEL."""

import dataclasses
import math

import numpy as np

import philox


@dataclasses.dataclass(frozen=True)
class Dense:
    units: int

    def output(self, shape):
        return (self.units,)

    def variables(self, shape):
        return {"kernel": (math.prod(shape), self.units), "bias": (self.units,)}


@dataclasses.dataclass(frozen=True)
class Conv2D:
    filters: int
    window: int
    padding: str = "SAME"
    stride: int = 1

    def output(self, shape):
        lost = 0 if self.padding == "SAME" else self.window - 1
        return (*((side - lost + self.stride - 1) // self.stride for side in shape[:2]),
                self.filters)

    def variables(self, shape):
        return {"kernel": (self.window, self.window, shape[2], self.filters),
                "bias": (self.filters,)}


@dataclasses.dataclass(frozen=True)
class MaxPool2D:
    """Windows side by side, Valid."""
    window: int

    def output(self, shape):
        return (*(side // self.window for side in shape[:2]), shape[2])

    def variables(self, shape):
        return {}


class Elementwise:
    def output(self, shape):
        return shape

    def variables(self, shape):
        return {}


@dataclasses.dataclass(frozen=True)
class ReLU(Elementwise):
    pass


@dataclasses.dataclass(frozen=True)
class Dropout(Elementwise):
    rate: float = 0.5


@dataclasses.dataclass(frozen=True)
class Rate:
    """A learning rate that stays, or changes by `schedule`: the functions of
    include/etch/train/learning_rate.hpp by name."""
    highest: float
    schedule: str = "constant"
    decay_steps: float = 1
    decay_rate: float = 1

    def factor(self, step):
        def half_cosine(x):
            return (1 + math.cos(math.pi * min(max(x, 0), 1))) / 2

        done = step / self.decay_steps
        if self.schedule == "constant":
            return 1
        if self.schedule == "exponential_decay":
            return self.decay_rate ** done
        if self.schedule == "one_cycle":
            if done < 0.3:
                return 0.04 + 0.96 * half_cosine(1 - done / 0.3)
            return half_cosine((done - 0.3) / 0.7)
        raise ValueError(f"no schedule: {self.schedule}")


@dataclasses.dataclass(frozen=True)
class Momentum:
    momentum: float = 0.9
    nesterov: bool = False


@dataclasses.dataclass(frozen=True)
class Model:
    """A network and its settings; what is not said is as in etch's Settings and Initializer."""
    input: tuple
    layers: tuple
    batch: int
    steps: int
    rate: Rate
    l2: float = 0
    optimizer: Momentum | None = None  # SGD
    stddev: float | None = None  # He initialisation
    biases: tuple = ()
    train_size: int | None = None
    augmentation: dict = dataclasses.field(default_factory=dict)  # shift, slant, zoom

    @property
    def steps_of_layers(self):
        """(index, layer, shape of its input) of each layer."""
        shape, found = self.input, []
        for index, layer in enumerate(self.layers):
            found.append((index, layer, shape))
            shape = layer.output(shape)
        return found

    @property
    def variables(self):
        """Shapes by the names that checkpoints have, `0_dense.kernel`."""
        return {f"{index}_{type(layer).__name__.lower()}.{name}": extents
                for index, layer, shape in self.steps_of_layers
                for name, extents in layer.variables(shape).items()}

    @property
    def settings(self):
        """All that is not as by default, as text."""
        said = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)
                if getattr(self, field.name) not in (field.default, {})}
        return ", ".join(f"{name}={value}" for name, value in said.items())

    def biases_or_zeros(self):
        return self.biases or (0,) * sum(name.endswith(".bias") for name in self.variables)

    def deviation(self, shape):
        """Of a kernel's normal distribution, before the cut at two deviations."""
        if self.stddev is not None:
            return np.float32(self.stddev)
        return np.sqrt(np.float32(2 / math.prod(shape[:-1]))) / philox.STDDEV_AFTER_CUT

    def initial_values(self, seed):
        """What etch's Model begins with."""
        values, biases = {}, iter(self.biases_or_zeros())
        for name, shape in self.variables.items():
            if name.endswith(".bias"):
                values[name] = np.full(shape, next(biases), np.float32)
            else:
                place = int(name.split("_")[0]) * 16  # the kernel is a layer's first variable
                normal = philox.truncated_normal(seed, place, math.prod(shape))
                values[name] = (self.deviation(shape) * normal).reshape(shape)
        return values

    def masks(self, seed, step, rows):
        """What each dropout layer multiplies `rows` samples with, by the layer's index."""
        return {index: philox.dropout_mask(seed, index, step, layer.rate, rows, math.prod(shape))
                for index, layer, shape in self.steps_of_layers if isinstance(layer, Dropout)}

    def minibatch(self, step, count):
        """Which of `count` training pictures a step sees."""
        count = min(count, self.train_size or count)
        first = step * self.batch % (count - self.batch) if count > self.batch else 0
        return slice(first, min(first + self.batch, count))


def assignments():
    """The models by name."""
    relu, flat, picture = ReLU(), (784,), (28, 28, 1)
    same = dict(batch=128, steps=3001, rate=Rate(0.5), stddev=1.0)
    hidden, drop = (Dense(1024), relu), Dropout(0.5)
    mlp = Model(flat, (*hidden, Dense(10)), **same)
    dropped = Model(flat, (*hidden, drop, Dense(10)), **same)
    logistic = Model(flat, (Dense(10),), **same)
    small = dict(batch=16, steps=1001, rate=Rate(0.05), stddev=0.1, biases=(0, 1, 1, 1))
    dense = Dense(64), relu, Dense(10)
    change = dataclasses.replace
    moving = dict(optimizer=Momentum(nesterov=True),
                  augmentation={"shift": 1.5, "slant": 0.15, "zoom": 0.1})
    return {
        "logistic": logistic,
        "mlp": mlp,
        "logistic_l2": change(logistic, l2=0.05),
        "mlp_l2": change(mlp, l2=0.005),
        "mlp_overfit": change(mlp, l2=0.005, train_size=3000),
        "mlp_dropout": dropped,
        "mlp_overfit_dropout": change(dropped, l2=0.005, train_size=3000),
        "mlp_decay": change(dropped, rate=Rate(0.5, "exponential_decay", 1000, 0.9)),
        "mlp_deep": Model(picture, (Dense(1024), relu, Dropout(0.2), Dense(512), relu, Dropout(0.2),
                                    Dense(256), relu, Dropout(0.2), Dense(10)),
                          batch=128, steps=10001, rate=Rate(0.1, "one_cycle", 10001), **moving),
        "conv_strided": Model(picture, (Conv2D(16, 5, stride=2), relu, Conv2D(16, 5, stride=2),
                                        relu, *dense), **small),
        "conv_pooled": Model(picture, (Conv2D(16, 5), relu, MaxPool2D(2), Conv2D(16, 5), relu,
                                       MaxPool2D(2), *dense), **small),
        "lenet5": Model(picture, (Conv2D(6, 5), relu, MaxPool2D(2), Conv2D(16, 5, "VALID"), relu,
                                  MaxPool2D(2), Dense(120), relu, drop, Dense(84), relu, Dense(10)),
                        batch=64, steps=5001, rate=Rate(0.05, "exponential_decay", 1000, 0.8)),
        "conv_best": Model(picture, (Conv2D(16, 3), relu, Conv2D(16, 3), relu, MaxPool2D(2),
                                     Conv2D(32, 3), relu, Conv2D(32, 3), relu, MaxPool2D(2),
                                     Dropout(0.3), Dense(128), relu, Dropout(0.3), Dense(10)),
                           batch=64, steps=12001, rate=Rate(0.03, "one_cycle", 12001), **moving),
    }


MODELS = assignments()

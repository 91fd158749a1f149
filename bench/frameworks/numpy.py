"""Plain NumPy: whole minibatches; a convolution is a product with the windows side by side."""

import math

import numpy as np

import course
from frameworks import name_of, same_padding


class DenseLayer:
    def __init__(self, kernel, bias):
        self.kernel, self.bias = kernel, bias

    def forward(self, x):
        self.shape = x.shape
        self.x = x.reshape(len(x), -1)
        return self.x @ self.kernel + self.bias

    def gradients(self, dy):
        return self.x.T @ dy, dy.sum(0)

    def data_gradient(self, dy):
        return (dy @ self.kernel.T).reshape(self.shape)


class Conv2DLayer:
    def __init__(self, layer, kernel, bias, shape):
        self.layer, self.kernel, self.bias = layer, kernel, bias
        self.padding = [same_padding(side, layer) for side in shape[:2]]
        self.output = layer.output(shape)

    def forward(self, x):
        window, stride = self.layer.window, self.layer.stride
        x = np.pad(x, ((0, 0), *self.padding, (0, 0)))
        self.shape = x.shape
        windows = np.lib.stride_tricks.sliding_window_view(x, (window, window), (1, 2))
        windows = windows[:, ::stride, ::stride].transpose(0, 1, 2, 4, 5, 3)
        self.columns = windows.reshape(-1, math.prod(self.kernel.shape[:3]))
        y = self.columns @ self.kernel.reshape(-1, self.layer.filters) + self.bias
        return y.reshape(len(x), *self.output)

    def gradients(self, dy):
        dy = dy.reshape(-1, self.layer.filters)
        return (self.columns.T @ dy).reshape(self.kernel.shape), dy.sum(0)

    def data_gradient(self, dy):
        height, width, filters = self.output
        window, stride = self.layer.window, self.layer.stride
        columns = dy.reshape(-1, filters) @ self.kernel.reshape(-1, filters).T
        columns = columns.reshape(len(dy), height, width, window, window, -1)
        dx = np.zeros(self.shape, np.float32)
        for y in range(window):
            for x in range(window):
                dx[:, y:y + height * stride:stride, x:x + width * stride:stride] += \
                    columns[:, :, :, y, x]
        (top, bottom), (left, right) = self.padding
        return dx[:, top:dx.shape[1] - bottom, left:dx.shape[2] - right]


class MaxPool2DLayer:
    def __init__(self, layer, shape):
        self.window, self.output = layer.window, layer.output(shape)

    def forward(self, x):
        height, width, channels = self.output
        self.shape, window = x.shape, self.window
        x = x[:, :height * window, :width * window]
        self.x = x.reshape(len(x), height, window, width, window, channels)
        self.y = self.x.max((2, 4))
        return self.y

    def data_gradient(self, dy):
        """To the first of equal values, of which a picture's plain background makes many."""
        dx = np.zeros(self.shape, np.float32)
        height, width = (extent * self.window for extent in self.output[:2])
        left = np.ones(self.y.shape, bool)
        for y in range(self.window):
            for x in range(self.window):
                hit = (self.x[:, :, y, :, x] == self.y) & left
                dx[:, y:height:self.window, x:width:self.window] = hit * dy
                left &= ~hit
        return dx


class ReLULayer:
    def forward(self, x):
        self.y = np.maximum(x, 0)
        return self.y

    def data_gradient(self, dy):
        return dy * (self.y > 0)


class DropoutLayer:
    def __init__(self, layer, random):
        self.rate, self.random = np.float32(layer.rate), random

    def forward(self, x):
        kept = self.random.random(x.shape, np.float32) >= self.rate
        self.mask = kept * (1 / (1 - self.rate))
        return x * self.mask

    def data_gradient(self, dy):
        return dy * self.mask


class NumPy:
    def __init__(self, model, values, pictures, labels, threads, dropout):
        self.model, self.pictures, self.labels = model, pictures, labels
        self.values = {name: value.copy() for name, value in values.items()}
        self.step, self.layers, self.variables = 0, [], []
        random = np.random.default_rng(1)
        for index, layer, shape in model.steps_of_layers:
            if isinstance(layer, course.Dropout) and not dropout:
                continue
            names = [name_of(index, layer, variable) for variable in layer.variables(shape)]
            self.variables.append(names)
            parameters = [self.values[name] for name in names]
            self.layers.append(
                DenseLayer(*parameters) if isinstance(layer, course.Dense) else
                Conv2DLayer(layer, *parameters, shape) if isinstance(layer, course.Conv2D) else
                MaxPool2DLayer(layer, shape) if isinstance(layer, course.MaxPool2D) else
                ReLULayer() if isinstance(layer, course.ReLU) else DropoutLayer(layer, random))

    @staticmethod
    def version():
        return np.__version__

    def train(self, steps):
        for _ in range(steps):
            self._step()

    def losses(self, steps):
        return [self._step() for _ in range(steps)]

    def put(self, pictures):
        return pictures

    def infer(self, pictures):
        return self._forward(pictures, training=False)

    def _forward(self, pictures, training=True):
        x = pictures.reshape(-1, *self.model.input)
        for layer in self.layers:
            if training or not isinstance(layer, DropoutLayer):
                x = layer.forward(x)
        return x

    def _step(self):
        which = self.model.minibatch(self.step, len(self.labels))
        loss, dy = self._loss(self._forward(self.pictures[which]), self.labels[which])
        gradients = {}
        for i in reversed(range(len(self.layers))):
            if self.variables[i]:
                gradients.update(zip(self.variables[i], self.layers[i].gradients(dy)))
            if i > 0:
                dy = self.layers[i].data_gradient(dy)
        l2, rate = np.float32(self.model.l2), np.float32(self._rate())
        for name, gradient in gradients.items():
            value = self.values[name]
            if l2 and name.endswith(".kernel"):
                loss += l2 * np.vdot(value, value) / 2
                gradient += l2 * value
            value -= rate * gradient
        self.step += 1
        return float(loss)

    def _rate(self):
        return self.model.rate.highest * self.model.rate.factor(self.step)

    @staticmethod
    def _loss(logits, labels):
        """The mean cross-entropy, and its gradient with respect to the logits."""
        rows = np.arange(len(labels))
        logits = logits - logits.max(1, keepdims=True)
        p = np.exp(logits)
        sums = p.sum(1, keepdims=True)
        loss = np.mean(np.log(sums[:, 0]) - logits[rows, labels])
        p /= sums
        p[rows, labels] -= 1
        p /= np.float32(len(labels))
        return loss, p

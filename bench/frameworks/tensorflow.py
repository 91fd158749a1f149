"""TensorFlow: the course's graph in a session, and one step as a tf.function of today, compiled by
XLA or not."""

import math

import numpy as np

import course
import course_graph
from frameworks import name_of

course_graph.tensorflow()  # sets what must be set before the import
import tensorflow as tf  # noqa: E402


class Graph:
    def __init__(self, model, values, pictures, labels, threads, dropout):
        self.model, self.pictures, self.labels, self.step = model, pictures, labels, 0
        self.graph = course_graph.Graph(model, masks=not dropout, threads=threads)
        self.graph.set(values)
        self.masks = {} if dropout else {
            index: np.ones((model.batch, math.prod(shape)), np.float32)
            for index, layer, shape in model.steps_of_layers if isinstance(layer, course.Dropout)}

    @staticmethod
    def version():
        return tf.__version__

    def train(self, steps):
        self.losses(steps)

    def losses(self, steps):
        found = []
        for _ in range(steps):
            which = self.model.minibatch(self.step, len(self.labels))
            feed = self.graph.feed(self.step, self.pictures[which], self.labels[which],
                                   self.masks)
            found.append(float(self.graph.train(feed)[0]))
            self.step += 1
        return found

    def put(self, pictures):
        return pictures

    def infer(self, pictures):
        return self.graph.session.run(self.graph.outputs, {self.graph.pictures: pictures})


class Function:
    jit_compile = False

    def __init__(self, model, values, pictures, labels, threads, dropout):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        self.model, self.dropout = model, dropout
        self.pictures, self.labels = tf.constant(pictures), tf.constant(labels, tf.int32)
        self.values = {name: tf.Variable(value) for name, value in values.items()}
        # Counted by the function, so that nothing comes from outside.
        self.step = tf.Variable(0, dtype=tf.int32)
        # A concrete function is called a quarter faster; with an argument it would be slower.
        self._compiled_step = tf.function(
            self._step, jit_compile=self.jit_compile).get_concrete_function()
        self._compiled_logits = tf.function(self._logits, jit_compile=self.jit_compile)

    version = Graph.version

    def train(self, steps):
        for _ in range(steps):
            loss = self._compiled_step()
        loss.numpy()

    def losses(self, steps):
        return [float(self._compiled_step()) for _ in range(steps)]

    def put(self, pictures):
        return tf.constant(pictures)

    def infer(self, pictures):
        return self._compiled_logits(pictures).numpy()

    def _step(self):
        batch = self.model.batch
        # Not a slice: XLA would compile it anew for each place where it begins.
        which = self.step * batch % (len(self.labels) - batch) + tf.range(batch)
        pictures, labels = (tf.gather(data, which) for data in (self.pictures, self.labels))
        with tf.GradientTape() as tape:
            logits = self._logits(pictures, training=True)
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
            if self.model.l2:
                loss += self.model.l2 * sum(tf.nn.l2_loss(v) for name, v in self.values.items()
                                            if name.endswith(".kernel"))
        trained = list(self.values.values())
        rate = self._rate()
        for variable, gradient in zip(trained, tape.gradient(loss, trained)):
            variable.assign_sub(rate * gradient)
        self.step.assign_add(1)
        return loss

    def _rate(self):
        rate = self.model.rate
        if rate.schedule == "constant":
            return rate.highest
        assert rate.schedule == "exponential_decay", rate
        done = tf.cast(self.step, tf.float32) / rate.decay_steps
        return rate.highest * tf.pow(rate.decay_rate, done)

    def _logits(self, pictures, training=False):
        x = tf.reshape(pictures, [-1, *self.model.input])
        for index, layer, _ in self.model.steps_of_layers:
            kernel, bias = (self.values.get(name_of(index, layer, v)) for v in ("kernel", "bias"))
            if isinstance(layer, course.Dense):
                x = tf.matmul(tf.reshape(x, [-1, kernel.shape[0]]), kernel) + bias
            elif isinstance(layer, course.Conv2D):
                x = tf.nn.bias_add(tf.nn.conv2d(x, kernel, layer.stride, layer.padding), bias)
            elif isinstance(layer, course.MaxPool2D):
                x = tf.nn.max_pool2d(x, layer.window, layer.window, "VALID")
            elif isinstance(layer, course.ReLU):
                x = tf.nn.relu(x)
            elif isinstance(layer, course.Dropout) and training and self.dropout:
                x = tf.nn.dropout(x, layer.rate)
        return x


class CompiledFunction(Function):
    jit_compile = True

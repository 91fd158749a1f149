"""The course's graphs in TensorFlow's compat.v1, one builder for all models of course.py."""

import os


def tensorflow():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    import tensorflow.compat.v1 as tf
    return tf


class Graph:
    """A model with its own session. `masks`: dropout's draws are fed, by the layer's
    index, instead of TensorFlow's own."""

    def __init__(self, model, dtype="float32", masks=False, seed=0, threads=1):
        tf = self.tf = tensorflow()
        self.model, self.dtype, self.rate = model, dtype, model.rate
        graph = tf.Graph()
        with graph.as_default():
            tf.set_random_seed(seed)
            self._build(masks)
            config = tf.ConfigProto(intra_op_parallelism_threads=threads,
                                    inter_op_parallelism_threads=threads)
            self.session = tf.Session(graph=graph, config=config)
            self.start = tf.global_variables_initializer()
        self.session.run(self.start)

    def _build(self, masks):
        tf, model = self.tf, self.model
        self.pictures = tf.placeholder(self.dtype, [None, 784])
        self.labels = tf.placeholder("int64", [None])
        self.step = tf.placeholder("int64", [])
        self.highest = tf.placeholder(self.dtype, [])
        self.factor = tf.placeholder(self.dtype, [])
        self.masks = {} if masks else None
        self.variables, self.switches = {}, []
        biases = iter(model.biases_or_zeros())
        for name, shape in model.variables.items():
            initial = (tf.constant(next(biases), self.dtype, shape) if name.endswith(".bias") else
                       tf.truncated_normal(shape, stddev=model.deviation(shape), dtype=self.dtype))
            self.variables[name] = tf.Variable(initial, use_resource=True)
        self.given = {name: tf.placeholder(self.dtype, v.shape)
                      for name, v in self.variables.items()}
        self.assign = [v.assign(self.given[name]) for name, v in self.variables.items()]

        logits = self._logits(training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(self.labels, logits))
        kernels = [v for name, v in self.variables.items() if name.endswith(".kernel")]
        if model.l2:
            loss += model.l2 * sum(tf.nn.l2_loss(v) for v in kernels)
        self.loss, self.right = loss, self._right(logits)
        trained = list(self.variables.values())
        self.gradients = dict(zip(self.variables, tf.gradients(loss, trained)))
        self.outputs = self._logits(training=False)
        self.right_of_validation = self._right(self.outputs)

        # The update comes after all that the step reports, whatever order the session takes.
        rate = self._rate()
        with tf.control_dependencies([self.loss, self.right, *self.gradients.values()]):
            pairs = [(self.gradients[name], v) for name, v in self.variables.items()]
            self.update = self._optimizer(rate).apply_gradients(pairs)

    def _rate(self):
        schedule = self.rate
        if schedule.schedule == "exponential_decay":
            return self.tf.train.exponential_decay(self.highest, self.step, schedule.decay_steps,
                                                   schedule.decay_rate)
        return self.highest * self.factor

    def _optimizer(self, rate):
        tf, how = self.tf, self.model.optimizer
        if how is None:
            return tf.train.GradientDescentOptimizer(rate)
        return tf.train.MomentumOptimizer(rate, how.momentum, use_nesterov=how.nesterov)

    def _right(self, logits):
        hits = self.tf.equal(self.tf.argmax(logits, 1), self.labels)
        return self.tf.reduce_sum(self.tf.cast(hits, "int64"))

    def _logits(self, training):
        tf, x = self.tf, self.tf.reshape(self.pictures, [-1, *self.model.input])
        for index, layer, shape in self.model.steps_of_layers:
            kind = type(layer).__name__
            kernel, bias = (self.variables.get(f"{index}_{kind.lower()}.{v}")
                            for v in ("kernel", "bias"))
            if kind == "Dense":
                x = tf.matmul(tf.reshape(x, [-1, kernel.shape[0]]), kernel) + bias
            elif kind == "Conv2D":
                x = tf.nn.conv2d(x, kernel, [1, layer.stride, layer.stride, 1], layer.padding)
                x += bias
            elif kind == "MaxPool2D":
                if training:
                    self._note_pool(x, layer.window, layer.output(shape))
                x = tf.nn.max_pool2d(x, layer.window, layer.window, "VALID")
            elif kind == "ReLU":
                if training:
                    self.switches.append(x)
                x = tf.nn.relu(x)
            elif kind == "Dropout" and training:
                x = self._drop(index, layer, shape, x)
        return x

    def _drop(self, index, layer, shape, x):
        if self.masks is None:
            return self.tf.nn.dropout(x, rate=layer.rate)
        self.masks[index] = self.tf.placeholder(self.dtype, [None, *shape])
        return x * self.masks[index]

    def _note_pool(self, x, window, output):
        """By how much the largest number under each window leads."""
        tf, (height, width, channels) = self.tf, output
        x = x[:, :height * window, :width * window, :]
        x = tf.reshape(x, [-1, height, window, width, window, channels])
        x = tf.reshape(tf.transpose(x, [0, 1, 3, 5, 2, 4]), [-1, window * window])
        best = tf.nn.top_k(x, 2).values
        self.switches.append(best[:, 0] - best[:, 1])

    def set(self, values):
        """Starts anew, momentum included, from the variables' values by name."""
        self.session.run(self.start)
        self.session.run(self.assign, {self.given[name]: v for name, v in values.items()})

    def get(self):
        return dict(zip(self.variables, self.session.run(list(self.variables.values()))))

    def feed(self, step, pictures, labels, masks=None, highest=None):
        feed = {self.pictures: pictures, self.labels: labels, self.step: step,
                self.highest: self.rate.highest if highest is None else highest,
                self.factor: self.rate.factor(step)}
        for index, mask in (masks or {}).items():
            place = self.masks[index]
            feed[place] = mask.reshape(-1, *place.shape[1:])
        return feed

    def train(self, feed):
        """One step: its loss and how many samples were right, before the update."""
        return self.session.run([self.loss, self.right, self.update], feed)[:2]

    def accuracy(self, pictures, labels, at_once=1000):
        right = sum(self.session.run(self.right_of_validation,
                                     {self.pictures: pictures[i:i + at_once],
                                      self.labels: labels[i:i + at_once]})
                    for i in range(0, len(labels), at_once))
        return right / len(labels)

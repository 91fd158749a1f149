"""JAX: one jitted step, whose parameters are donated, on data that stay with the device."""

import functools

import jax
import jax.numpy as jnp

import course
from frameworks import name_of


class Jax:
    def __init__(self, model, values, pictures, labels, threads, dropout):
        self.model, self.dropout = model, dropout
        self.data = jnp.asarray(pictures), jnp.asarray(labels, jnp.int32)
        # The step's number goes round with the parameters, so that nothing comes from the host.
        self.state = {name: jnp.array(value) for name, value in values.items()}, jnp.int32(0)
        self._step = jax.jit(self._step_of_state, donate_argnums=0)
        self._infer = jax.jit(functools.partial(self._logits, key=None))

    @staticmethod
    def version():
        return jax.__version__

    def train(self, steps):
        for _ in range(steps):
            self.state, _ = self._step(self.state, *self.data)
        jax.block_until_ready(self.state)

    def losses(self, steps):
        found = []
        for _ in range(steps):
            self.state, loss = self._step(self.state, *self.data)
            found.append(float(loss))
        return found

    def put(self, pictures):
        return jnp.asarray(pictures)

    def infer(self, pictures):
        return self._infer(self.state[0], pictures).block_until_ready()

    def _step_of_state(self, state, pictures, labels):
        (values, step), batch = state, self.model.batch
        first = step * batch % (len(labels) - batch)
        x = jax.lax.dynamic_slice_in_dim(pictures, first, batch)
        y = jax.lax.dynamic_slice_in_dim(labels, first, batch)
        key = jax.random.fold_in(jax.random.key(1), step) if self.dropout else None
        loss, gradients = jax.value_and_grad(self._loss)(values, x, y, key)
        rate = self._rate(step)
        values = {name: value - rate * gradients[name] for name, value in values.items()}
        return (values, step + 1), loss

    def _rate(self, step):
        rate = self.model.rate
        if rate.schedule == "constant":
            return rate.highest
        assert rate.schedule == "exponential_decay", rate
        return rate.highest * rate.decay_rate ** (step / rate.decay_steps)

    def _loss(self, values, pictures, labels, key):
        log_p = jax.nn.log_softmax(self._logits(values, pictures, key))
        loss = -jnp.mean(jnp.take_along_axis(log_p, labels[:, None], axis=1))
        if self.model.l2:
            squares = (jnp.sum(v * v) for name, v in values.items() if name.endswith(".kernel"))
            loss += self.model.l2 / 2 * sum(squares)
        return loss

    def _logits(self, values, pictures, key):
        x = pictures.reshape(-1, *self.model.input)
        for index, layer, _ in self.model.steps_of_layers:
            kernel, bias = (values.get(name_of(index, layer, v)) for v in ("kernel", "bias"))
            if isinstance(layer, course.Dense):
                x = x.reshape(len(x), -1) @ kernel + bias
            elif isinstance(layer, course.Conv2D):
                x = jax.lax.conv_general_dilated(
                    x, kernel, (layer.stride, layer.stride), layer.padding,
                    dimension_numbers=("NHWC", "HWIO", "NHWC")) + bias
            elif isinstance(layer, course.MaxPool2D):
                window = 1, layer.window, layer.window, 1
                x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")
            elif isinstance(layer, course.ReLU):
                x = jax.nn.relu(x)
            elif isinstance(layer, course.Dropout) and key is not None:
                kept = jax.random.bernoulli(jax.random.fold_in(key, index), 1 - layer.rate, x.shape)
                x = jnp.where(kept, x / (1 - layer.rate), 0)
        return x

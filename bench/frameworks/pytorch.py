"""PyTorch: eager training with channels last, inference traced and optimised."""

import pathlib
import re

import torch
from torch.nn import functional

import course
from frameworks import name_of, same_padding


class PyTorch:
    def __init__(self, model, values, pictures, labels, threads, dropout):
        torch.set_num_threads(threads)
        # Gradients become that small; mlp_l2's steps took 4.0 ms at first, 6.0 after 100 of them.
        torch.set_flush_denormal(True)
        self.model, self.dropout, self.step = model, dropout, 0
        self.pictures = torch.from_numpy(pictures)
        self.labels = torch.from_numpy(labels.astype("int64"))
        self.values = {name: self._parameter(value) for name, value in values.items()}
        # L2's gradient is what weight decay adds to it.
        kernels = [v for name, v in self.values.items() if name.endswith(".kernel")]
        biases = [v for name, v in self.values.items() if name.endswith(".bias")]
        self.optimizer = torch.optim.SGD(
            [{"params": kernels, "weight_decay": model.l2}, {"params": biases}],
            lr=model.rate.highest, foreach=True)
        self.kernels, self.traced = kernels, None

    @staticmethod
    def version():
        """With what its products are computed by, as Debian's varies."""
        onednn = re.search(r"MKL-DNN v([\d.]+)", torch.__config__.show())
        loaded = pathlib.Path("/proc/self/maps").read_text()
        blas = [name for name in ("OpenBLAS", "MKL") if f"lib{name}".lower() in loaded.lower()]
        return ", ".join([torch.__version__, *([f"oneDNN {onednn[1]}"] if onednn else []),
                          *(blas or ["reference BLAS"])])

    @staticmethod
    def _parameter(value):
        """Kernels as PyTorch has them: [out][in], and [out][in][height][width]."""
        tensor = torch.from_numpy(value.copy())
        if tensor.ndim == 4:
            tensor = tensor.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
        elif tensor.ndim == 2:
            tensor = tensor.T.contiguous()
        return tensor.requires_grad_()

    def train(self, steps):
        for _ in range(steps):
            self._step()

    def losses(self, steps):
        found = []
        for _ in range(steps):
            with torch.no_grad():
                squares = sum((kernel * kernel).sum() for kernel in self.kernels)
            found.append(float(self._step() + self.model.l2 / 2 * squares))
        return found

    def put(self, pictures):
        return torch.from_numpy(pictures)

    def infer(self, pictures):
        with torch.inference_mode():
            if self.traced is None:
                self.traced = self._trace(pictures)
            return self.traced(pictures)

    def _trace(self, pictures):
        """What optimize_for_inference makes of the network; its weights become constants."""
        values = {name: value.detach() for name, value in self.values.items()}

        class Network(torch.nn.Module):
            def forward(_, x):
                return self._logits(x, values)

        traced = torch.jit.trace(Network().eval(), pictures)
        return torch.jit.optimize_for_inference(torch.jit.freeze(traced.eval()))

    def _step(self):
        which = self.model.minibatch(self.step, len(self.labels))
        rate = self.model.rate.highest * self.model.rate.factor(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        logits = self._logits(self.pictures[which], self.values, training=True)
        loss = functional.cross_entropy(logits, self.labels[which])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.step += 1
        return loss.detach()

    def _logits(self, x, values, training=False):
        if len(self.model.input) == 3:
            # One channel: the same memory, whichever comes last.
            x = x.view(-1, *self.model.input).permute(0, 3, 1, 2)
        for index, layer, shape in self.model.steps_of_layers:
            kernel, bias = (values.get(name_of(index, layer, v)) for v in ("kernel", "bias"))
            if isinstance(layer, course.Dense):
                if x.ndim == 4:  # in memory the channels are last, as in the checkpoint
                    x = x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)
                x = functional.linear(x, kernel, bias)
            elif isinstance(layer, course.Conv2D):
                x = self._conv2d(x, layer, shape, kernel, bias)
            elif isinstance(layer, course.MaxPool2D):
                x = functional.max_pool2d(x, layer.window)
            elif isinstance(layer, course.ReLU):
                x = functional.relu(x)
            elif isinstance(layer, course.Dropout) and training and self.dropout:
                x = functional.dropout(x, layer.rate)
        return x

    @staticmethod
    def _conv2d(x, layer, shape, kernel, bias):
        (top, bottom), (left, right) = (same_padding(side, layer) for side in shape[:2])
        if (top, left) == (bottom, right):
            return functional.conv2d(x, kernel, bias, layer.stride, (top, left))
        # Its own padding is the same on both sides; TensorFlow's is not where strides are.
        return functional.conv2d(functional.pad(x, (left, right, top, bottom)), kernel, bias,
                                 layer.stride)

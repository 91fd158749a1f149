"""The course's models in other libraries, each as its users would write it for speed.

A module here has for each way of using its library a class with

    Class(model, values, pictures, labels, threads, dropout)
                                   `model` of tools/course.py, its variables' initial values by
                                   name, the training set (float32 [n][784], [n])
    version()                      of the library
    train(steps)                   goes on training for so many steps; returns when they are done
    losses(steps)                  the same, and each step's loss before its update, L2 included
    put(pictures)                  numpy's array as one of the library's
    infer(put)                     the outputs of the network, computed

and `train` and `losses` are missing where the library infers alone."""

import importlib

# What bench/models.py calls them, and where they are: a module and a class.
CLASSES = {
    "tensorflow_graph": ("tensorflow", "Graph"),
    "tensorflow_function": ("tensorflow", "Function"),
    "tensorflow_xla": ("tensorflow", "CompiledFunction"),
    "jax": ("jax", "Jax"),
    "pytorch": ("pytorch", "PyTorch"),
    "onnxruntime": ("onnxruntime", "OnnxRuntime"),
    "numpy": ("numpy", "NumPy"),
}


def load(name):
    """The class; raises ImportError where the library is not there."""
    module, kind = CLASSES[name]
    return getattr(importlib.import_module(f"frameworks.{module}"), kind)


def name_of(index, layer, variable):
    return f"{index}_{type(layer).__name__.lower()}.{variable}"


def same_padding(side, layer):
    """Zeros before and behind a side of a picture, as TensorFlow's SAME has them."""
    if layer.padding != "SAME":
        return 0, 0
    outputs = -(-side // layer.stride)
    lost = max(0, (outputs - 1) * layer.stride + layer.window - side)
    return lost // 2, lost - lost // 2

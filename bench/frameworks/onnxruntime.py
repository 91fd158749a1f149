"""ONNX Runtime, which infers alone: the network as an ONNX graph, its convolutions' layout NCHW."""

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

import course
from frameworks import name_of, same_padding


class OnnxRuntime:
    def __init__(self, model, values, pictures, labels, threads, dropout):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1  # the graph is a chain
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(
            network(model, values).SerializeToString(), options,
            providers=["CPUExecutionProvider"])

    @staticmethod
    def version():
        return onnxruntime.__version__

    def put(self, pictures):
        return pictures

    def infer(self, pictures):
        return self.session.run(None, {"pictures": pictures})[0]


class Chain:
    """Nodes, each of which reads what the one before wrote."""

    def __init__(self):
        self.nodes, self.constants, self.last = [], [], "pictures"

    def add(self, kind, *constants, **attributes):
        output = f"{len(self.nodes)}_{kind}"
        names = [f"{output}_{i}" for i in range(len(constants))]
        self.constants += [numpy_helper.from_array(np.ascontiguousarray(value), name)
                           for value, name in zip(constants, names)]
        self.nodes.append(helper.make_node(kind, [self.last, *names], [output], **attributes))
        self.last = output


def network(model, values):
    """The model with these values, [rows][784] to [rows][classes]."""
    chain, pictures = Chain(), len(model.input) == 3
    if pictures:
        height, width, channels = model.input
        chain.add("Reshape", np.array([-1, channels, height, width]))
    for index, layer, shape in model.steps_of_layers:
        kernel, bias = (values.get(name_of(index, layer, v)) for v in ("kernel", "bias"))
        if isinstance(layer, course.Dense):
            if len(shape) == 3 and pictures:  # its rows in the order of height, width, channels
                chain.add("Flatten")
                kernel = kernel.reshape(*shape, -1).transpose(2, 0, 1, 3)
                kernel = kernel.reshape(-1, layer.units)
            chain.add("Gemm", kernel, bias)
        elif isinstance(layer, course.Conv2D):
            (top, bottom), (left, right) = (same_padding(side, layer) for side in shape[:2])
            chain.add("Conv", kernel.transpose(3, 2, 0, 1), bias, strides=[layer.stride] * 2,
                      pads=[top, left, bottom, right])
        elif isinstance(layer, course.MaxPool2D):
            chain.add("MaxPool", kernel_shape=[layer.window] * 2, strides=[layer.window] * 2)
        elif isinstance(layer, course.ReLU):
            chain.add("Relu")
    chain.nodes[-1].output[0] = "outputs"
    floats = onnx.TensorProto.FLOAT
    classes = model.layers[-1].units
    graph = helper.make_graph(
        chain.nodes, "model", [helper.make_tensor_value_info("pictures", floats, ["rows", 784])],
        [helper.make_tensor_value_info("outputs", floats, ["rows", classes])], chain.constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

"""A residual classifier of an ONNX file, and CIFAR-10 images, in PyTorch: what the peers of benches attack."""
import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F


class OnnxModel(nn.Module):
    """The operators of the file, with its weights, behind the normalisation."""

    def __init__(self, path, mean, std):
        super().__init__()
        graph = onnx.load(path).graph
        self.names = {tensor.name: f"w{index}" for index, tensor in enumerate(graph.initializer)}
        for tensor in graph.initializer:
            weight = nn.Parameter(torch.from_numpy(numpy_helper.to_array(tensor).copy()), requires_grad=False)
            self.register_parameter(self.names[tensor.name], weight)
        self.calls = [(operator(node), node.input, node.output[0]) for node in graph.node]
        self.input = next(value.name for value in graph.input if value.name not in self.names)
        self.output = graph.output[0].name
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, images):
        values = {name: getattr(self, weight) for name, weight in self.names.items()}
        values[self.input] = (images - self.mean) / self.std
        for call, inputs, output in self.calls:
            values[output] = call(*[values[name] for name in inputs])
        return values[self.output]


def operator(node):
    """A node as a function of its inputs."""
    attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    if node.op_type == "Conv":
        pads = attributes.get("pads", [0, 0, 0, 0])
        if pads[:2] != pads[2:]:
            raise NotImplementedError(f"{node.name}: expected pads of one size on both sides, got {pads}")
        settings = {
            "stride": tuple(attributes.get("strides", [1, 1])),
            "padding": tuple(pads[:2]),
            "dilation": tuple(attributes.get("dilations", [1, 1])),
            "groups": attributes.get("group", 1),
        }
        return lambda *given: F.conv2d(*given, **settings)
    if node.op_type == "Gemm" and attributes.get("transB") == 1:
        return F.linear
    if node.op_type in OPERATORS:
        return OPERATORS[node.op_type]
    raise NotImplementedError(f"{node.name}: {node.op_type} {attributes}")


OPERATORS = {
    "Relu": F.relu,
    "Add": torch.add,
    "Flatten": lambda x: x.flatten(1),
    "GlobalAveragePool": lambda x: x.mean((2, 3), keepdim=True),
}


def read_images(path, count):
    """The first images of a file of the CIFAR-10 binaries, [N, 3, 32, 32] in [0, 1], and their classes."""
    records = np.fromfile(path, dtype=np.uint8, count=count * 3073).reshape(count, 3073)
    images = torch.from_numpy(records[:, 1:].reshape(count, 3, 32, 32).copy()).float() / 255
    return images, torch.from_numpy(records[:, 0].astype(np.int64))

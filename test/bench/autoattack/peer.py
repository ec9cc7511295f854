"""fra31/auto-attack on resnet_2b.onnx in PyTorch: argv = checkout, model, threads; a JSON line in, a JSON line out."""
import json
import sys
import time

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F

checkout, model_path, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.path.insert(0, checkout)
from autoattack import AutoAttack  # noqa: E402

torch.set_num_threads(threads)


class OnnxResNet(nn.Module):
    """The operators of the file, with its weights, behind the normalisation."""

    def __init__(self, path, mean, std):
        super().__init__()
        graph = onnx.load(path).graph
        self.nodes = list(graph.node)
        self.names = {tensor.name: f"w{index}" for index, tensor in enumerate(graph.initializer)}
        for tensor in graph.initializer:
            self.register_buffer(self.names[tensor.name], torch.from_numpy(numpy_helper.to_array(tensor).copy()))
        self.input = next(value.name for value in graph.input if value.name not in self.names)
        self.output = graph.output[0].name
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, images):
        values = {self.input: (images - self.mean) / self.std}

        def value(name):
            return values[name] if name in values else getattr(self, self.names[name])

        for node in self.nodes:
            given = [value(name) for name in node.input]
            attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
            values[node.output[0]] = apply(node.op_type, given, attributes)
        return values[self.output]


def apply(op, given, attributes):
    if op == "Conv":
        pads, strides = attributes["pads"], attributes["strides"]
        return F.conv2d(*given, stride=tuple(strides), padding=tuple(pads[:2]))
    if op == "Relu":
        return F.relu(given[0])
    if op == "Add":
        return given[0] + given[1]
    if op == "Flatten":
        return given[0].flatten(1)
    if op == "Gemm":
        assert attributes.get("transB") == 1
        return F.linear(*given)
    raise NotImplementedError(op)


def read_images(path, count):
    records = np.fromfile(path, dtype=np.uint8, count=count * 3073).reshape(count, 3073)
    images = torch.from_numpy(records[:, 1:].reshape(count, 3, 32, 32).copy()).float() / 255
    return images, torch.from_numpy(records[:, 0].astype(np.int64))


print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    model = OnnxResNet(model_path, request["mean"], request["std"]).eval()
    images, labels = read_images(request["images"], request["count"])
    adversary = AutoAttack(model, norm=request["norm"], eps=request["eps"], version="standard", device="cpu", verbose=False)
    adversary.seed = 0
    started = time.perf_counter()
    adversarial = adversary.run_standard_evaluation(images, labels, bs=256)
    seconds = time.perf_counter() - started
    with torch.no_grad():
        robust = (model(adversarial).argmax(1) == labels).int().tolist()
    print(json.dumps({"seconds": seconds, "robust": robust}), flush=True)

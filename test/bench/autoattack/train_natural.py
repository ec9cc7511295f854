"""Trains a small residual network on clean images, for the autoattack bench: argv = folder of the CIFAR-10 binaries, ONNX file."""
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# The normalisation that the bench puts in front of a model.
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2471, 0.2435, 0.2616)
EPOCHS, BATCH, WIDTH = 20, 100, 16


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = convolution(inputs, outputs, 3, stride)
        self.second = convolution(outputs, outputs, 3, 1)
        self.shortcut = convolution(inputs, outputs, 1, stride) if inputs != outputs else nn.Identity()

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


def convolution(inputs, outputs, kernel, stride):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)
    )


def network():
    return nn.Sequential(
        convolution(3, WIDTH, 3, 1),
        nn.ReLU(),
        Block(WIDTH, WIDTH, 1),
        Block(WIDTH, 2 * WIDTH, 2),
        Block(2 * WIDTH, 4 * WIDTH, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4 * WIDTH, 10),
    )


def read(files):
    records = np.concatenate([np.fromfile(file, dtype=np.uint8).reshape(-1, 3073) for file in files])
    images = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).copy()).float() / 255
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    return (images - mean) / std, torch.from_numpy(records[:, 0].astype(np.int64))


def augmented(images):
    """Shifted by up to four pixels, all alike, and half of them mirrored."""
    top, left = torch.randint(0, 9, (2,)).tolist()
    shifted = F.pad(images, (4, 4, 4, 4))[:, :, top : top + 32, left : left + 32]
    return torch.where(torch.rand(len(images), 1, 1, 1) < 0.5, shifted.flip(3), shifted)


def train(model, images, labels):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    steps = EPOCHS * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=steps)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(images)).split(BATCH)[: len(images) // BATCH]:
            loss = F.cross_entropy(model(augmented(images[rows])), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


torch.manual_seed(0)
data, target = Path(sys.argv[1]), sys.argv[2]
model = network()
train(model.train(), *read(sorted(data.glob("data_batch_*.bin"))))
images, labels = read([data / "test_batch.bin"])
with torch.no_grad():
    right = (model.eval()(images).argmax(1) == labels).float().mean()
print(f"right on {len(images)} test images: {right:.1%}")
axes = {"images": {0: "n"}, "logits": {0: "n"}}
names = {"input_names": ["images"], "output_names": ["logits"]}
torch.onnx.export(model, images[:1], target, opset_version=13, dynamic_axes=axes, dynamo=False, **names)

"""Loss and input gradient of the same networks in PyTorch eager: one JSON line in, one line with seconds out."""
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride) if stride != 1 or inputs != outputs else nn.Identity()

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [(64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2), (512, 512, 1)]
        self.body = nn.Sequential(nn.Conv2d(3, 64, 3, 1, 1), nn.ReLU(), *[Block(*each) for each in widths])
        self.head = nn.Linear(512, 10)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.projection = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.projection(x).reshape(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        return self.output(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, d))


class Transformer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ViTTiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 192, 4, 4)
        self.token = nn.Parameter(torch.zeros(1, 1, 192))
        self.positions = nn.Parameter(torch.randn(1, 65, 192) * 0.02)
        self.blocks = nn.Sequential(*[Transformer(192, 3) for _ in range(12)])
        self.norm, self.head = nn.LayerNorm(192), nn.Linear(192, 10)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.positions
        return self.head(self.norm(self.blocks(x))[:, 0])


class ResNet2B(nn.Module):
    """The architecture of resnet_2b.onnx (VNN-COMP 2021)."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.body = nn.Sequential(Block(8, 16, 2), Block(16, 16, 1))
        self.linear1, self.linear2 = nn.Linear(1024, 100), nn.Linear(100, 10)

    def forward(self, x):
        return self.linear2(F.relu(self.linear1(self.body(F.relu(self.stem(x))).flatten(1))))


MODELS = {"resnet18": ResNet18, "vit-tiny": ViTTiny, "resnet_2b": ResNet2B}
torch.set_num_threads(int(sys.argv[1]))
networks = {}
print(json.dumps({"version": torch.__version__, "models": list(MODELS)}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    name, batch = request["model"], request["batch"]
    if name not in networks:
        torch.manual_seed(0)
        networks[name] = MODELS[name]().eval().requires_grad_(False)
    images, labels = torch.rand(batch, 3, 32, 32, requires_grad=True), torch.zeros(batch, dtype=torch.long)
    started = time.perf_counter()
    loss = F.cross_entropy(networks[name](images), labels, reduction="sum")
    torch.autograd.grad(loss, images)
    print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)

"""Exports randomly initialised vision models with both exporters of PyTorch, for the import benchmark.

usage: export_models.py FOLDER [NAME ...]
Writes FOLDER/<model>.<exporter>.<opset>.<batch>.onnx and FOLDER/models.json.
"""

import contextlib
import io
import json
import pathlib
import sys
import time
import warnings

import timm
import torch
import torchvision
from torch import nn
from torchvision.models.vgg import VGG, make_layers

SEED = 0


class Attention(nn.Module):
    """Self-attention over the positions of a feature map, as diffusion UNets have it."""

    def __init__(self, channels, heads=2):
        super().__init__()
        self.norm = nn.GroupNorm(4, channels)
        self.attention = nn.MultiheadAttention(channels, heads, batch_first=True)

    def forward(self, x):
        n, c, h, w = x.shape
        tokens = self.norm(x).reshape(n, c, h * w).transpose(1, 2)
        mixed, _ = self.attention(tokens, tokens, tokens, need_weights=False)
        return x + mixed.transpose(1, 2).reshape(n, c, h, w)


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.body = nn.Sequential(
            nn.GroupNorm(4, inputs),
            nn.SiLU(),
            nn.Conv2d(inputs, outputs, 3, padding=1),
            nn.GroupNorm(4, outputs),
            nn.SiLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1),
        )
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x):
        return self.skip(x) + self.body(x)


class UNet(nn.Module):
    """Two levels, GroupNorm, attention in the middle, nearest and transposed upsampling."""

    def __init__(self, width=16):
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.down1 = Block(width, width)
        self.half1 = nn.Conv2d(width, width, 3, stride=2, padding=1)
        self.down2 = Block(width, 2 * width)
        self.half2 = nn.AvgPool2d(2)
        self.middle = nn.Sequential(Block(2 * width, 2 * width), Attention(2 * width), Block(2 * width, 2 * width))
        self.up2 = nn.Upsample(scale_factor=2, mode="nearest")
        self.join2 = Block(4 * width, width)
        self.up1 = nn.ConvTranspose2d(width, width, 4, stride=2, padding=1)
        self.join1 = Block(2 * width, width)
        self.last = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, x):
        one = self.down1(self.first(x))
        two = self.down2(self.half1(one))
        middle = self.middle(self.half2(two))
        two = self.join2(torch.cat([self.up2(middle), two], 1))
        one = self.join1(torch.cat([self.up1(two), one], 1))
        return self.last(one)


tv = torchvision.models


def vgg():
    return VGG(make_layers([32, "M", 32, "M", 64, 64, "M", 64, "M", 64, "M"], batch_norm=True), num_classes=10)


def small_vgg():
    model = vgg()
    model.avgpool = nn.AdaptiveAvgPool2d(2)
    model.classifier = nn.Sequential(nn.Linear(256, 64), nn.ReLU(True), nn.Dropout(), nn.Linear(64, 10))
    return model


# name: (maker, image size)
MODELS = {
    "resnet18": (lambda: tv.resnet18(num_classes=10), 64),
    "resnet50": (lambda: tv.resnet50(num_classes=10, width_per_group=16), 64),
    "vgg11_bn": (small_vgg, 64),
    "densenet121": (lambda: tv.DenseNet(8, (3, 4, 6, 4), 16, num_classes=10), 64),
    "inception_v3": (lambda: tv.inception_v3(num_classes=10, init_weights=True, aux_logits=True), 96),
    "googlenet": (lambda: tv.googlenet(num_classes=10, init_weights=True, aux_logits=True), 64),
    "mobilenet_v2": (lambda: tv.mobilenet_v2(num_classes=10, width_mult=0.5), 64),
    "mobilenet_v3_small": (lambda: tv.mobilenet_v3_small(num_classes=10), 64),
    "efficientnet_b0": (lambda: tv.efficientnet_b0(num_classes=10), 64),
    "regnet_y_400mf": (lambda: tv.regnet_y_400mf(num_classes=10), 64),
    "shufflenet_v2_x0_5": (lambda: tv.shufflenet_v2_x0_5(num_classes=10), 64),
    "squeezenet1_1": (lambda: tv.squeezenet1_1(num_classes=10), 64),
    "convnext": (
        lambda: tv.ConvNeXt([tv.convnext.CNBlockConfig(i, o, n) for i, o, n in [(24, 48, 2), (48, 96, 2), (96, None, 2)]], num_classes=10),
        64,
    ),
    "vit": (lambda: tv.VisionTransformer(64, 16, 3, 4, 64, 128, num_classes=10), 64),
    "swin_t": (lambda: tv.SwinTransformer([4, 4], 24, [2, 2], [2, 4], [4, 4], num_classes=10), 64),
    "swin_v2_t": (
        lambda: tv.SwinTransformer(
            [4, 4], 24, [2, 2], [2, 4], [4, 4], num_classes=10,
            block=tv.swin_transformer.SwinTransformerBlockV2, downsample_layer=tv.swin_transformer.PatchMergingV2,
        ),
        64,
    ),
    "maxvit": (
        lambda: tv.MaxVit(
            (64, 64), stem_channels=16, partition_size=4, block_channels=[16, 32], block_layers=[1, 1], head_dim=8,
            stochastic_depth_prob=0.2, num_classes=10,
        ),
        64,
    ),
    "timm_resnet26t": (lambda: timm.create_model("resnet26t", num_classes=10), 64),
    "timm_vgg": (lambda: timm.models.vgg.VGG([16, "M", 32, "M", 64, "M"], num_classes=10), 64),
    "timm_densenet": (lambda: timm.models.densenet.DenseNet(growth_rate=8, block_config=(2, 2, 2), num_classes=10), 64),
    "timm_mobilenetv3_small_050": (lambda: timm.create_model("mobilenetv3_small_050", num_classes=10), 64),
    "timm_efficientnet_lite0": (lambda: timm.create_model("efficientnet_lite0", num_classes=10), 64),
    "timm_regnetx_002": (lambda: timm.create_model("regnetx_002", num_classes=10), 64),
    "timm_convnext_atto": (lambda: timm.create_model("convnext_atto", num_classes=10), 64),
    "timm_vit_tiny": (
        lambda: timm.create_model("vit_tiny_patch16_224", num_classes=10, img_size=64, depth=3),
        64,
    ),
    "timm_swin_tiny": (
        lambda: timm.create_model("swin_tiny_patch4_window7_224", num_classes=10, img_size=56, embed_dim=24, depths=(2, 2), num_heads=(2, 4)),
        56,
    ),
    "timm_maxvit": (
        lambda: timm.create_model("maxvit_rmlp_pico_rw_256", num_classes=10, img_size=64, depths=(1, 1, 1, 1)),
        64,
    ),
    "timm_inception_next": (lambda: timm.create_model("inception_next_atto", num_classes=10), 64),
    "timm_ghostnet": (lambda: timm.create_model("ghostnet_050", num_classes=10), 64),
    "timm_mixer": (lambda: timm.create_model("mixer_s32_224", num_classes=10, img_size=64), 64),
    "unet": (UNet, 32),
}

# (exporter, opset, batch)
EXPORTS = [
    ("torchscript", 11, "1"),
    ("torchscript", 13, "dynamic"),
    # Where 13 has no form of an operator.
    ("torchscript", 14, "dynamic"),
    ("torchscript", 17, "1"),
    ("dynamo", 18, "1"),
    ("dynamo", 20, "dynamic"),
]


def randomise(model, size):
    """Statistics of real activations and gains that are not those of a new model, so that signals reach the output."""
    norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.train()
        norm.momentum = 1.0
        if norm.affine:
            norm.weight.uniform_(0.7, 1.3)
            norm.bias.normal_(0, 0.1)
    for module in model.modules():
        # A head that begins at zero would hide everything before it.
        if isinstance(module, nn.Linear) and not module.weight.any():
            module.weight.normal_(0, 0.1)
        for name in ("gamma", "layer_scale"):
            scale = getattr(module, name, None)
            if isinstance(scale, nn.Parameter):
                scale.uniform_(0.5, 1)
    model(torch.rand(16, 3, size, size))
    for norm in norms:
        norm.momentum = 0.1
    return model.eval()


def export(model, size, exporter, opset, batch, file):
    x = torch.rand(2 if batch == "dynamic" and exporter == "dynamo" else 1, 3, size, size)
    options = {"opset_version": opset, "input_names": ["image"], "output_names": ["output"]}
    if exporter == "torchscript":
        if batch == "dynamic":
            options["dynamic_axes"] = {"image": {0: "batch"}, "output": {0: "batch"}}
        torch.onnx.export(model, (x,), file, dynamo=False, **options)
    else:
        if batch == "dynamic":
            options["dynamic_shapes"] = ({0: torch.export.Dim("batch", min=1, max=1024)},)
        torch.onnx.export(model, (x,), file, dynamo=True, external_data=False, verbose=False, **options)


def main():
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)
    warnings.filterwarnings("ignore")
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[2:] or list(MODELS)
    index = folder / "models.json"
    entries = {e["file"]: e for e in json.loads(index.read_text())} if index.exists() else {}
    for name in wanted:
        make, size = MODELS[name]
        for exporter, opset, batch in EXPORTS:
            file = f"{name}.{exporter}.{opset}.{batch}.onnx"
            if entries.get(file, {}).get("error", "x") == "":
                continue
            if opset == 14 and entries[f"{name}.torchscript.13.dynamic.onnx"]["error"] == "":
                continue
            torch.manual_seed(SEED)
            started = time.time()
            error = ""
            log = io.StringIO()
            try:
                with torch.no_grad(), contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
                    export(randomise(make().eval(), size), size, exporter, opset, batch, str(folder / file))
            except Exception as problem:  # an exporter that gives up is part of the record
                error = f"{type(problem).__name__}: {str(problem).strip().splitlines()[0] if str(problem).strip() else ''}"[:200]
            print(f"{file}: {error or 'ok'} in {time.time() - started:.1f} s", flush=True)
            entries[file] = {
                "file": file, "model": name, "exporter": exporter, "opset": opset, "batch": batch, "size": size, "error": error,
            }
            index.write_text(json.dumps(list(entries.values()), indent=1))


if __name__ == "__main__":
    main()

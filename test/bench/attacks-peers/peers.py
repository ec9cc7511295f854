"""Attacks of foolbox and torchattacks on one model: argv = settings as JSON; a JSON line in, a JSON line out."""
import importlib
import json
import sys
from importlib.metadata import version
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
from onnx_model import OnnxModel, read_images  # noqa: E402
from stopwatch import Stopwatch  # noqa: E402

# What float32 arithmetic may add to a norm, as a share of epsilon.
TOLERANCE = 1e-5

answers, sys.stdout = sys.stdout, sys.stderr
settings = json.loads(sys.argv[1])
torch.set_num_threads(settings["threads"])
model = OnnxModel(settings["model"], settings["mean"], settings["std"]).eval()
images, labels = read_images(settings["images"], settings["count"])
with torch.no_grad():
    right = (model(images).argmax(1) == labels).nonzero().flatten()
images, labels = images[right], labels[right]


def load(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


looked = 0


def count(_, given):
    global looked
    looked += len(given[0])


model.register_forward_pre_hook(count)
libraries = {name: load(name) for name in ("foolbox", "torchattacks")}


def attack_with(library, name, parameters, epsilon):
    """The attack as a function of images and labels."""
    if library == "torchattacks":
        return getattr(libraries[library], name)(model, **parameters)
    classifier = libraries[library].PyTorchModel(model, bounds=(0, 1), device="cpu")
    attack = getattr(libraries[library].attacks, name)(**parameters)
    return lambda images, labels: attack(classifier, images, labels, epsilons=epsilon)[1]


def lengths(perturbations, norm):
    flat = perturbations.double().flatten(1)
    return torch.linalg.vector_norm(flat, {"linf": torch.inf, "l2": 2, "l1": 1}[norm], dim=1)


def judge(found, norm, epsilon):
    """The distance of every image that is judged wrong and may be returned, else None; and how many may not be."""
    distances = lengths(found - images, norm)
    limit = torch.inf if epsilon is None else epsilon * (1 + TOLERANCE)
    allowed = (found >= 0).flatten(1).all(1) & (found <= 1).flatten(1).all(1) & (distances <= limit)
    with torch.no_grad():
        wrong = model(found).argmax(1) != labels
    pairs = zip(distances.tolist(), (wrong & allowed).tolist())
    return {"distances": [each if broken else None for each, broken in pairs], "refused": int((~allowed).sum())}


def answer(value):
    print(json.dumps(value), file=answers, flush=True)


answer(
    {
        "torch": torch.__version__,
        "libraries": {name: version(name) for name, module in libraries.items() if module is not None},
        "right": right.tolist(),
    }
)
for line in sys.stdin:
    request = json.loads(line)
    torch.manual_seed(request["seed"])
    stopwatch = Stopwatch()
    looked = 0
    attack = attack_with(request["library"], request["attack"], request["parameters"], request["epsilon"])
    parts = zip(*[each.split(request.get("together", len(images))) for each in (images, labels)])
    found = torch.cat([attack(*part) for part in parts])
    seconds = stopwatch.seconds()
    answer({"seconds": seconds, "looks": looked / len(images), **judge(found.detach(), request["norm"], request["epsilon"])})

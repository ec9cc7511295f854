"""fra31/auto-attack on a model in PyTorch: argv = checkout, model, threads; a JSON line in, a JSON line out."""
import json
import sys
from pathlib import Path

import torch

checkout, model_path, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.path[:0] = [checkout, str(Path(__file__).parent.parent)]
from autoattack import AutoAttack  # noqa: E402
from onnx_model import OnnxModel, read_images  # noqa: E402
from stopwatch import Stopwatch  # noqa: E402

torch.set_num_threads(threads)
print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    model = OnnxModel(model_path, request["mean"], request["std"]).eval()
    images, labels = read_images(request["images"], request["count"])
    adversary = AutoAttack(model, norm=request["norm"], eps=request["eps"], version="standard", device="cpu", verbose=False)
    adversary.seed = 0
    stopwatch = Stopwatch()
    adversarial = adversary.run_standard_evaluation(images, labels, bs=256)
    seconds = stopwatch.seconds()
    with torch.no_grad():
        clean, robust = ((model(each).argmax(1) == labels).int().tolist() for each in (images, adversarial))
    print(json.dumps({"seconds": seconds, "clean": clean, "robust": robust}), flush=True)

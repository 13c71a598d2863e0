"""Writes torch_outputs.npz: what PyTorch computes in float64 for the cases of torch_cases.py.

Needs torch and torchvision: python test/python/data/make_torch_outputs.py
"""

import sys
from pathlib import Path

import numpy as np
import torch
import torchvision

sys.path.append(str(Path(__file__).parents[1]))
from torch_cases import LAYERS, RESNET_SHAPE, SHAPE, state, wave  # noqa: E402


def run(module, shape):
    own = {n: tuple(t.shape) for n, t in module.state_dict().items() if not n.endswith("num_batches_tracked")}
    module.load_state_dict({n: torch.from_numpy(v) for n, v in state(own).items()}, strict=False)
    with torch.no_grad():
        return module.eval().double()(torch.from_numpy(wave(shape, 0.5)).double()).numpy()


outputs = {name: run(getattr(torch.nn, kind)(*arguments), SHAPE) for name, (kind, arguments) in LAYERS.items()}
outputs["resnet18"] = run(torchvision.models.resnet18(weights=None), RESNET_SHAPE)

norm = torch.nn.BatchNorm2d(6).double().train()
outputs["batch_norm_training"] = norm(torch.from_numpy(wave(SHAPE, 0.5)).double()).detach().numpy()
outputs["running_mean"], outputs["running_var"] = norm.running_mean.numpy(), norm.running_var.numpy()
np.savez_compressed(Path(__file__).with_name("torch_outputs.npz"), **outputs)

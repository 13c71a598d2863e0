"""Writes torch_functional.npz: what PyTorch computes in float64 for torch_functional.py, with the gradients.

Needs torch (2.13.0 wrote the file in the repository): python test/python/data/make_torch_functional.py
"""

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.append(str(Path(__file__).parents[1]))
from torch_cases import wave  # noqa: E402
from torch_functional import CALLS, is_differentiated  # noqa: E402


def tensor(array):
    return torch.tensor(np.asarray(array), requires_grad=is_differentiated(array))


outputs = {}
for name, call in CALLS.items():
    result, leaves = call(torch.nn.functional, tensor)
    weights = torch.from_numpy(wave(tuple(result.shape), 0.9).astype(np.float64))
    arrays = [result, *torch.autograd.grad((result * weights).sum(), leaves)]
    outputs |= {f"{name}.{k}": array.detach().numpy().astype(np.float32) for k, array in enumerate(arrays)}
np.savez_compressed(Path(__file__).with_name("torch_functional.npz"), **outputs)

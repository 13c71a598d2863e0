"""Writes torch_functional.npz: what PyTorch computes in float64 for torch_functional.py, with the gradients.

Needs torch (2.13.0 wrote the file in the repository): python test/python/data/make_torch_functional.py
"""

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.append(str(Path(__file__).parents[1]))
from torch_cases import state, wave  # noqa: E402
from torch_functional import CALLS, MODULES, RECURRENT, is_differentiated, module, recurrent  # noqa: E402


def tensor(array):
    return torch.tensor(np.asarray(array), requires_grad=is_differentiated(array))


outputs = {}
for name, call in CALLS.items():
    result, leaves = call(torch.nn.functional, tensor)
    weights = torch.from_numpy(wave(tuple(result.shape), 0.9).astype(np.float64))
    arrays = [result, *torch.autograd.grad((result * weights).sum(), leaves)]
    outputs |= {f"{name}.{k}": array.detach().numpy().astype(np.float32) for k, array in enumerate(arrays)}
torch.set_default_dtype(torch.float64)


def load(layer):
    """The same numbers as in the test, a float32 each."""
    own = state({name: tuple(value.shape) for name, value in layer.state_dict().items()})
    layer.load_state_dict({name: torch.from_numpy(value.astype(np.float64)) for name, value in own.items()})


for name, case in [*dict.fromkeys(RECURRENT, recurrent).items(), *dict.fromkeys(MODULES, module).items()]:
    results, leaves = case(name, torch.nn, tensor, load)
    weights = [torch.from_numpy(wave(tuple(r.shape), 0.9).astype(np.float64)) for r in results]
    arrays = [*results, *torch.autograd.grad(sum((r * w).sum() for r, w in zip(results, weights)), leaves)]
    outputs |= {f"{name}.{k}": array.detach().numpy().astype(np.float32) for k, array in enumerate(arrays)}
np.savez_compressed(Path(__file__).with_name("torch_functional.npz"), **outputs)

"""Every layer call that is compared with PyTorch, and some at the sizes of real networks, runs on builtins, forward and
backward, on every target: none has a compiler's remark.
"""

from __future__ import annotations

import numpy as np
import pytest
from programs import TARGETS, needs_compiler, remarks_of
from torch_functional import CALLS, Call

import metabang as mb
from metabang.nn import functional


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape)


def classes(*shape: int, count: int) -> np.ndarray:
    return np.arange(np.prod(shape)).reshape(shape) * 7 % count


LARGE = {
    "conv2d": Call("conv2d", zeros(8, 64, 56, 56), zeros(64, 64, 3, 3), zeros(64), 1, 1),
    "conv2d, stride 2": Call("conv2d", zeros(8, 64, 56, 56), zeros(128, 64, 3, 3), zeros(128), 2, 1),
    "conv2d 1x1": Call("conv2d", zeros(8, 64, 56, 56), zeros(256, 64, 1, 1)),
    "linear": Call("linear", zeros(256, 1024), zeros(1000, 1024), zeros(1000)),
    "max_pool2d": Call("max_pool2d", zeros(8, 64, 56, 56), 3, 2, 1),
    "avg_pool2d": Call("avg_pool2d", zeros(8, 64, 56, 56), 2),
    "adaptive_avg_pool2d": Call("adaptive_avg_pool2d", zeros(8, 512, 7, 7), 1),
    "layer_norm": Call("layer_norm", zeros(64, 512), (512,), zeros(512), zeros(512)),
    "group_norm": Call("group_norm", zeros(8, 32, 28, 28), 8, zeros(32), zeros(32)),
    "softmax": Call("softmax", zeros(256, 1000), -1),
    "cross_entropy, weighted": Call("cross_entropy", zeros(256, 1000), classes(256, count=1000), weight=zeros(1000)),
    "embedding": Call("embedding", classes(512, count=30000), zeros(30000, 256)),
    "attention": Call("scaled_dot_product_attention", *[zeros(4, 8, 128, 64)] * 3),
    "bilinear": Call("interpolate", zeros(1, 16, 128, 128), scale_factor=2, mode="bilinear"),
    "gelu": Call("gelu", zeros(64, 2048)),
    "conv3d": Call("conv3d", zeros(2, 3, 16, 56, 56), zeros(64, 3, 3, 3, 3), zeros(64), 1, 1),
    "conv3d, inner": Call("conv3d", zeros(1, 64, 8, 28, 28), zeros(64, 64, 3, 3, 3), None, 1, 1),
    "conv3d, stride 2": Call("conv3d", zeros(1, 32, 8, 28, 28), zeros(64, 32, 3, 3, 3), None, 2, 1),
    "conv_transpose2d": Call("conv_transpose2d", zeros(4, 64, 28, 28), zeros(64, 32, 4, 4), None, 2, 1),
    "conv_transpose2d, groups": Call("conv_transpose2d", zeros(4, 64, 28, 28), zeros(64, 8, 4, 4), None, 2, 1, 0, 8),
    "conv_transpose1d": Call("conv_transpose1d", zeros(4, 128, 500), zeros(128, 64, 8), None, 4, 2),
    "conv2d, multiplier": Call("conv2d", zeros(4, 32, 56, 56), zeros(64, 1, 3, 3), None, 1, 1, 1, 32),
    "depthwise": Call("conv2d", zeros(4, 64, 56, 56), zeros(64, 1, 3, 3), None, 1, 1, 1, 64),
    "max_pool3d": Call("max_pool3d", zeros(2, 32, 8, 28, 28), 3, 2, 1),
    "avg_pool3d": Call("avg_pool3d", zeros(2, 32, 8, 28, 28), 2),
    "grid_sample": Call("grid_sample", zeros(2, 32, 56, 56), zeros(2, 56, 56, 2)),
}  # fmt: skip


def tensor(value: np.ndarray) -> mb.Var:
    """In the dtypes of a device."""
    return mb.array(np.asarray(value), {"f": "float32", "i": "int32", "b": "bool"}[value.dtype.kind])


def calls_with_remarks(calls: dict[str, Call], target: str) -> dict[str, list[str]]:
    found = {}
    for name, call in calls.items():
        result, leaves = call(functional, tensor)
        found[name] = remarks_of([result, *mb.grad(result, leaves, tensor(np.ones(result.shape)))], target)
    return {name: remarks for name, remarks in found.items() if remarks}


@needs_compiler
@pytest.mark.filterwarnings("error::metabang.HostWarning")
@pytest.mark.parametrize("target", TARGETS)
def test_no_remarks(target):
    assert not calls_with_remarks(CALLS, target)


@needs_compiler
@pytest.mark.filterwarnings("error::metabang.HostWarning")
@pytest.mark.parametrize("target", TARGETS)
def test_no_remarks_at_the_sizes_of_networks(target):
    assert not calls_with_remarks(LARGE, target)

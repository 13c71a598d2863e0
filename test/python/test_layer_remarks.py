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
}  # fmt: skip

EVERYWHERE, MTP_270 = TARGETS, ("mtp_270",)
# Calls that have remarks, where they have them.
EXCEPTIONS = {
    # products of a filter for each of several groups
    "conv_transpose2d_grouped": EVERYWHERE,
    "conv_transpose1d": MTP_270,
    "conv2d_multiplier": EVERYWHERE,
    # sums along a diagonal
    "conv3d": EVERYWHERE,
    "avg_pool3d": MTP_270,
    "max_pool2d": MTP_270,
}


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
def test_only_the_exceptions_have_remarks(target):
    found = calls_with_remarks(CALLS, target)
    expected = {name for name, targets in EXCEPTIONS.items() if target in targets}
    assert not {name: remarks for name, remarks in found.items() if name not in expected}
    assert not expected - set(found), "these have no remark any more: they are no exceptions"


@needs_compiler
@pytest.mark.filterwarnings("error::metabang.HostWarning")
@pytest.mark.parametrize("target", TARGETS)
def test_no_remarks_at_the_sizes_of_networks(target):
    assert not calls_with_remarks(LARGE, target)

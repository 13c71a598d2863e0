"""Layers whose operands lie in different orders on the chip, or at places that are computed, with their gradients."""

from __future__ import annotations

import numpy as np
from programs import Cases, on_targets
from torch_functional import CALLS

import metabang as mb
from metabang.nn import functional

NAMES = """conv_transpose1d conv_transpose2d_grouped conv2d_multiplier conv2d_depthwise conv3d conv3d_grouped avg_pool3d
    max_pool2d grid_sample_bilinear_zeros grid_sample_bilinear_border_corners grid_sample_nearest_zeros
    embedding_bag_offsets_mean embedding_bag_offsets_max fractional_max_pool2d ctc_loss_concatenated""".split()
CASES = Cases()


def tensor(value):
    return mb.array(np.asarray(value), {"f": "float32", "i": "int32", "b": "bool"}[value.dtype.kind])


def case(name):
    def make():
        result, leaves = CALLS[name](functional, tensor)
        weights = mb.array(np.cos(np.arange(result.size)).reshape(result.shape), "float32")
        return [result, *mb.grad(mb.sum(result * weights), leaves)]

    return make


for name in NAMES:
    # Contractions of mtp_270 are 16-bit fixed point.
    CASES.add(name, case(name), 3e-4 if "conv" in name else 2e-5)
test_layers = on_targets(CASES)

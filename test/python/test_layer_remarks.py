"""Every layer call that is compared with PyTorch, forward and backward, runs on builtins: none has a compiler's remark.

The calls take turns on the targets, so each is compiled once.
"""

from __future__ import annotations

import numpy as np
import pytest
from programs import TARGETS, needs_compiler, remarks_of
from torch_functional import CALLS

import metabang as mb
from metabang.nn import functional

# Calls that may still have remarks, by what is missing.
EXCEPTIONS = {
    "rows and columns that are both quotients": "interpolate_nearest_two",
    "products of a filter for each of several groups": "conv_transpose2d_grouped conv_transpose1d conv2d_multiplier",
    "sums along a diagonal": "conv3d avg_pool3d max_pool2d",
    "rows of a table of few columns": """
        embedding embedding_padding embedding_bag embedding_bag_max embedding_bag_sum""",
    "places that data names, a scatter of single elements": "max_unpool1d max_unpool2d",
}


def tensor(value: np.ndarray) -> mb.Var:
    """In the dtypes of a device."""
    return mb.array(np.asarray(value), {"f": "float32", "i": "int32", "b": "bool"}[value.dtype.kind])


@needs_compiler
@pytest.mark.filterwarnings("error::metabang.HostWarning")
@pytest.mark.parametrize("target", TARGETS)
def test_no_remarks(target):
    found = {}
    for name in sorted(CALLS)[TARGETS.index(target) :: len(TARGETS)]:
        result, leaves = CALLS[name](functional, tensor)
        found[name] = remarks_of([result, *mb.grad(result, leaves, tensor(np.ones(result.shape)))], target)
    allowed = {name for names in EXCEPTIONS.values() for name in names.split()}
    assert not {name: remarks for name, remarks in found.items() if remarks and name not in allowed}


def test_exceptions_are_calls():
    assert not [name for names in EXCEPTIONS.values() for name in names.split() if name not in CALLS]

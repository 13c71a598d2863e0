"""A test-only way to run compiled programs: the float64 reference in the place of compiler and device."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np

from metabang import _core
from metabang.compile import backend
from metabang.dtypes import as_dtype, from_device, to_device
from metabang.reference import evaluate_nodes


def copy_of(program):
    """Leaves and outputs of a copy: the program's own nodes lose their operands when they are computed."""
    copies = {}
    for node in program.order:
        if node.is_leaf:
            copies[node.uid] = _core.graph.input(node.shape, node.dtype, node.is_constant, node.name, None)
        else:
            copies[node.uid] = _core.graph.with_inputs(node, [copies[operand.uid] for operand in node.inputs])
    return [copies[node.uid] for node in program.leaves], [copies[node.uid] for node in program.outputs]


class ReferenceRunnable:
    """Keeps constants by version as a device does."""

    device_time_us, is_modelled, json, launch_count = 0.0, True, None, 1

    def __init__(self, request) -> None:
        self.text, self.target = request.text, request.target
        self.leaves, self.outputs = copy_of(request.program)
        self.constants: dict[int, np.ndarray] = {}
        self.versions: dict[int, int] = {}
        self.received: list[list[bool]] = []  # of each run: which arguments were handed over
        request.report(1, 1, "main")

    def run(self, arguments, versions=None, profile=False) -> list[np.ndarray]:
        self.received.append([a is not None for a in arguments])
        given = {}
        for leaf, array, version in zip(self.leaves, arguments, versions, strict=True):
            if leaf.is_constant:
                if array is None:
                    assert self.versions[leaf.uid] == version, "a constant with a new version was not handed over"
                    array = self.constants[leaf.uid]
                self.constants[leaf.uid], self.versions[leaf.uid] = array, version
            assert array.shape == leaf.shape and array.flags.c_contiguous
            given[leaf.uid] = from_device(array, leaf.dtype)
        values = evaluate_nodes(self.outputs, given)
        return [to_device(as_dtype(value, node.dtype), node.dtype) for value, node in zip(values, self.outputs)]


@contextlib.contextmanager
def reference_backend() -> Iterator[list[ReferenceRunnable]]:
    """Programs run on the reference inside the `with` block; yields what was compiled."""
    compiled: list[ReferenceRunnable] = []

    def compile_(request) -> ReferenceRunnable:
        compiled.append(ReferenceRunnable(request))
        return compiled[-1]

    with backend(compile_):
        yield compiled

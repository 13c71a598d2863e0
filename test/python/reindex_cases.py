"""Every way to move elements, as graphs of one size parameter.

Shared by the benchmark (`tools/bench.py reindex`, about a million elements) and by the tests (small and odd sizes).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import metabang as mb
from metabang.nn import functional as F


@dataclass(frozen=True)
class Case:
    """`make(n)` builds the result, of about n * n elements.

    `read` is the part of the operand that the result has in it (1 but for slices). `contiguous`: memory is walked in
    runs of whole rows on both sides.
    """

    make: Callable[[int], mb.Var]
    read: float = 1.0
    contiguous: bool = False


def x(*shape: int, seed: int = 0) -> mb.Var:
    return mb.array(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def ids(*shape: int, high: int, low: int = 0) -> mb.Var:
    return mb.array(np.random.default_rng(1).integers(low, high, shape).astype(np.int32))


def image(n: int, scale: int = 1) -> mb.Var:
    """Sixteen channels of n / 4 pixels squared, n * n elements; `scale`: that much smaller in both directions."""
    return x(1, 16, n // 4 // scale, n // 4 // scale)


def windows(n: int, stride: int, dilation: int, k: int = 3) -> mb.Var:
    out = n // 12
    size = (out - 1) * stride + (k - 1) * dilation + 1
    texts = ["i0", f"i1 * {stride} + i3 * {dilation}", f"i2 * {stride} + i4 * {dilation}"]
    return mb.reindex(x(16, size, size), (16, out, out, k, k), texts)


def windows_back(n: int, stride: int, dilation: int, k: int = 3) -> mb.Var:
    out = n // 12
    size = (out - 1) * stride + (k - 1) * dilation + 1
    texts = ["i0", f"i1 * {stride} + i3 * {dilation}", f"i2 * {stride} + i4 * {dilation}"]
    return mb.reindex_reduce(x(16, out, out, k, k), "add", (16, size, size), texts)


def roll(v: mb.Var, shift: int, axis: int) -> mb.Var:
    texts = [f"i{k}" for k in range(v.ndim)]
    texts[axis] = f"(i{axis} - {shift}) % {v.shape[axis]}"
    return mb.reindex(v, v.shape, texts)


def flip(v: mb.Var, *axes: int) -> mb.Var:
    return v[tuple(slice(None, None, -1 if k in axes else 1) for k in range(v.ndim))]


def nearest_back(n: int) -> mb.Var:
    y = image(n)
    h = y.shape[2]
    return mb.reindex_reduce(y, "add", (1, 16, h // 2, h // 2), ["i0", "i1", "i2 // 2", "i3 // 2"])


def gradient(v: mb.Var, f: Callable[[mb.Var], mb.Var]) -> mb.Var:
    y = f(v)
    return mb.grad(mb.sum(y * x(*y.shape, seed=3)), v)


CASES: dict[str, Case] = {
    "broadcast rows": Case(lambda n: mb.broadcast_to(x(1, n), (n, n)), contiguous=True),
    "broadcast columns": Case(lambda n: mb.broadcast_to(x(n, 1), (n, n))),
    "pad": Case(lambda n: mb.pad(x(n - 2, n - 4), [1, 1], [1, 3], 1.5), contiguous=True),
    "slice": Case(lambda n: mb.slice(x(2 * n, n), [n // 2, 0], [n, n]), read=0.5, contiguous=True),
    "slice of columns": Case(lambda n: mb.slice(x(n, 2 * n), [0, n // 2], [n, n]), read=0.5, contiguous=True),
    "slice, every second row": Case(lambda n: mb.slice(x(2 * n, n), [1, 0], [n, n], [2, 1]), read=0.5),
    "slice, every second column": Case(lambda n: mb.slice(x(n, 2 * n), [0, 1], [n, n], [1, 2]), read=0.5),
    "transpose": Case(lambda n: mb.transpose(x(n, n))),
    "transpose NCHW to NHWC": Case(lambda n: mb.transpose(image(n), (0, 2, 3, 1))),
    "transpose of planes": Case(lambda n: mb.transpose(x(16, n // 4, n // 4), (0, 2, 1))),
    "transpose of rows": Case(lambda n: mb.transpose(x(n // 16, 16, n), (1, 0, 2))),
    "flip of columns": Case(lambda n: flip(x(n, n), 1)),
    "flip of rows": Case(lambda n: flip(x(n, n), 0)),
    "flip of both": Case(lambda n: flip(x(n, n), 0, 1)),
    "roll of columns": Case(lambda n: roll(x(n, n), 3, 1), contiguous=True),
    "roll of rows": Case(lambda n: roll(x(n, n), 5, 0), contiguous=True),
    "concat of rows": Case(lambda n: mb.concat([x(n // 2, n), x(n // 2, n, seed=1)], 0), contiguous=True),
    "concat of columns": Case(lambda n: mb.concat([x(n, n // 2), x(n, n // 2, seed=1)], 1), contiguous=True),
    "windows (im2col)": Case(lambda n: windows(n, 1, 1)),
    "windows, stride 2": Case(lambda n: windows(n, 2, 1)),
    "windows, dilation 2": Case(lambda n: windows(n, 1, 2)),
    "windows back (col2im)": Case(lambda n: windows_back(n, 1, 1)),
    "windows back, stride 2": Case(lambda n: windows_back(n, 2, 1)),
    "windows back, dilation 2": Case(lambda n: windows_back(n, 1, 2)),
    "upsampling, nearest": Case(lambda n: F.interpolate(image(n, 2), scale_factor=2)),
    "upsampling, nearest, back": Case(nearest_back),
    "upsampling, bilinear": Case(lambda n: F.interpolate(image(n, 2), scale_factor=2, mode="bilinear")),
    "upsampling, bilinear, back": Case(
        lambda n: gradient(image(n, 2), lambda v: F.interpolate(v, scale_factor=2, mode="bilinear"))
    ),
    "gather of rows (embedding)": Case(lambda n: mb.take(x(n, n), ids(n, high=n))),
    "gather of columns": Case(lambda n: mb.take(x(n, n), ids(n, high=n), axis=1)),
    "gather of elements": Case(lambda n: mb.take(x(16 * n), ids(n * n, high=16 * n))),
    "gather of elements of rows": Case(
        lambda n: mb.reindex(x(n, n), (n, n), ["i0", "s0"], extras=[ids(n, n, low=-1, high=n)])
    ),
    "scatter of rows (index_add)": Case(
        lambda n: mb.reindex_reduce(
            x(n, n), "add", (n, n), ["s0", "i1"], extras=[mb.broadcast(ids(n, high=n), (n, n), [0])]
        )
    ),
    "scatter of columns": Case(
        lambda n: mb.reindex_reduce(
            x(n, n), "add", (n, n), ["i0", "s0"], extras=[mb.broadcast(ids(n, high=n), (n, n), [1])]
        )
    ),
    "scatter of elements": Case(
        lambda n: mb.reindex_reduce(x(n * n), "add", (16 * n,), ["s0"], extras=[ids(n * n, high=16 * n)])
    ),
    "embedding's gradient": Case(lambda n: gradient(x(n, n), lambda w: F.embedding(ids(n, high=n), w))),
}

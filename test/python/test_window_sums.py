"""Windows that are added up where they lay: every order of dimensions, strides, dilation, edges, on every target."""

from __future__ import annotations

import numpy as np
from programs import Cases, normal, on_targets

import metabang as mb

PROGRAMS = Cases()


def back(shape: tuple[int, ...], target: tuple[int, ...], *texts: str, dtype: str = "float32") -> mb.Var:
    return mb.reindex_reduce(normal(*shape, dtype=dtype), "add", target, list(texts))


@PROGRAMS.case()
def orders():
    """Taps before the rows, between rows and columns, behind the columns."""
    return [
        back((3, 9, 11, 3, 2), (3, 11, 12), "i0", "i1 + i3", "i2 + i4"),
        back((3, 3, 2, 9, 11), (3, 11, 12), "i0", "i3 + i1", "i4 + i2"),
        back((3, 9, 3, 11, 2), (3, 11, 12), "i0", "i1 + i2", "i3 + i4"),
        back((3, 2, 9, 3, 11), (3, 11, 12), "i0", "i2 + i3", "i4 + i1"),
        back((3, 9, 2, 3, 11), (3, 11, 12), "i0", "i1 + i3", "i4 + i2"),
        back((2, 5, 9, 11, 3), (2, 5, 9, 13), "i0", "i1", "i2", "i3 + i4"),
        back((9, 11, 3, 3), (11, 13), "i0 + i2", "i1 + i3"),
        back((1, 4, 1, 11, 3), (1, 4, 1, 13), "i0", "i1", "i2", "i3 + i4"),
    ]


@PROGRAMS.case()
def strides():
    """Windows that overlap, that touch, that leave gaps; dilation; several tiles a core."""
    return [
        back((2, 9, 11, 3, 3), (2, 19, 23), "i0", "2 * i1 + i3", "2 * i2 + i4"),
        back((2, 9, 11, 5, 4), (2, 21, 34), "i0", "2 * i1 + i3", "3 * i2 + i4"),
        back((2, 9, 11, 2, 2), (2, 26, 35), "i0", "3 * i1 + i3", "3 * i2 + i4"),
        back((2, 9, 11, 2, 2), (2, 18, 22), "i0", "2 * i1 + i3", "2 * i2 + i4"),
        back((2, 9, 11, 3, 3), (2, 13, 15), "i0", "i1 + 2 * i3", "i2 + 2 * i4"),
        back((2, 9, 11, 3, 3), (2, 23, 27), "i0", "2 * i1 + 3 * i3", "2 * i2 + 3 * i4"),
        back((2, 9, 11, 5), (2, 9, 43), "i0", "i1", "3 * i2 + 2 * i3"),
        back((2, 9, 11, 2, 5), (2, 9, 11), "i0", "i1", "i2"),
        back((2, 9, 2, 11, 2), (2, 9, 11), "i0", "i1", "i3"),
        back((150, 12, 40, 3, 3), (150, 14, 42), "i0", "i1 + i3", "i2 + i4"),
        back((70, 13, 33, 3, 3), (70, 27, 67), "i0", "2 * i1 + i3", "2 * i2 + i4"),
    ]


@PROGRAMS.case()
def edges():
    """Places outside of the result are left out; what nothing is added to is zero."""
    return [
        back((2, 9, 11, 3, 3), (2, 9, 11), "i0", "i1 + i3 - 1", "i2 + i4 - 1"),
        back((2, 9, 11, 3, 3), (2, 18, 21), "i0", "2 * i1 + i3 - 1", "2 * i2 + i4 - 2"),
        back((2, 9, 11, 3, 3), (2, 40, 50), "i0", "i1 + i3 + 20", "i2 + i4 + 30"),
        back((2, 9, 11, 3, 3), (2, 6, 5), "i0", "i1 + i3 - 3", "i2 + i4 - 4"),
        back((2, 9, 11, 3, 3), (2, 9, 11), "i0", "i1 - i3", "i2 - i4"),
        back((2, 9, 11, 3, 3), (2, 11, 13), "i0", "i1 + i3 - 100", "i2 + i4"),
        back((2, 9, 11, 3, 3), (2, 11, 13), "i0", "i1 + i3", "i2 + i4 + 100"),
        back((2, 1, 1, 3, 3), (2, 3, 3), "i0", "i1 + i3", "i2 + i4"),
    ]


@PROGRAMS.case()
def quotients_of_indices():
    return [
        back((2, 3, 8, 12), (2, 3, 4, 6), "i0", "i1", "i2 // 2", "i3 // 2"),
        back((2, 3, 9, 12), (2, 3, 3, 12), "i0", "i1", "i2 // 3", "i3"),
        back((2, 3, 8, 12), (2, 3, 8, 3), "i0", "i1", "i2", "i3 // 4"),
        mb.exp(back((1, 16, 64, 64), (1, 16, 32, 32), "i0", "i1", "i2 // 2", "i3 // 2") * 0.1) + 1,
    ]


@PROGRAMS.case(tolerance=1e-2)
def halves():
    return [
        back((2, 9, 11, 3, 3), (2, 11, 13), "i0", "i1 + i3", "i2 + i4", dtype="float16"),
        back((2, 9, 11, 3, 3), (2, 20, 23), "i0", "2 * i1 + i3", "2 * i2 + i4", dtype="float16"),
        back((2, 3, 8, 12), (2, 3, 4, 6), "i0", "i1", "i2 // 2", "i3 // 2", dtype="float16"),
    ]


@PROGRAMS.case()
def quotients():
    """Of indices, with windows behind them, with places that nothing comes to or that lie outside."""
    adaptive = mb.reindex_reduce(normal(2, 4, 4), "add", (2, 11), ["i0", "i1 * 11 // 4 + i2"],
                                 ["i1 * 11 // 4 + i2 >= (i1 * 11 + 14) // 4"])  # fmt: skip
    return [
        adaptive,
        back((2, 10, 7), (2, 6, 5), "i0", "i1 * 3 // 5", "i2 * 5 // 7"),
        back((3, 10), (3, 25), "i0", "i1 * 5 // 2"),  # not every place
        back((3, 20), (3, 9), "i0", "i1 * 2 // 3 - 2"),  # beyond both ends
        back((3, 8, 3), (3, 7), "i0", "(i1 * 2 + 1) // 3 + i2 - 1", dtype="float16"),
        back((8, 4, 2, 3), (6, 3), "i0 * 2 // 3", "i3"),  # dims that the map does not use
        back((3, 6, 40), (3, 33), "i1 // 2", "i2 * 4 // 5 + 1"),
    ]


@PROGRAMS.case()
def adaptive_windows():
    """The gradient of the largest, which ties share, through windows that overlap."""
    x = mb.array(np.arange(2 * 7 * 11).reshape(1, 2, 7, 11) * 5 % 13, "float32")
    y = mb.nn.functional.adaptive_max_pool2d(x, (5, 4))
    return [y, mb.grad(mb.sum(y * y), x)]


@PROGRAMS.case(tolerance=1e-3)  # products in int16 on mtp_270
def computed():
    """Windows that a product makes, and gradients of the sum."""
    columns = normal(2, 27, 16) @ normal(16, 99)
    folded = mb.reindex_reduce(columns.reshape(2, 3, 3, 3, 9, 11), "add", (2, 3, 11, 13),
                               ["i0", "i1", "i4 + i2", "i5 + i3"])  # fmt: skip
    y = normal(2, 9, 11, 3, 3)
    loss = mb.sum(mb.reindex_reduce(y, "add", (2, 11, 13), ["i0", "i1 + i3", "i2 + i4"]) ** 2)
    return [folded, mb.grad(loss, y)]


test_results = on_targets(PROGRAMS)

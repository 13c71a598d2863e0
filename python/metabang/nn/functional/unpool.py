"""The way back from a max pool: values return to where they were the largest."""

import math

import metabang as mb
from metabang.nn.windows import Pair, each
from metabang.var import Var


def max_unpool1d(
    x: Var, indices: Var, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0,
    output_size: Pair | None = None,
) -> Var:  # fmt: skip
    """``max_unpool2d`` of ``x`` [N, C, L]."""
    return _unpool(x, indices, 1, kernel_size, stride, padding, output_size)


def max_unpool2d(
    x: Var, indices: Var, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0,
    output_size: Pair | None = None,
) -> Var:  # fmt: skip
    """``x`` [N, C, OH, OW] at the positions ``indices`` that ``max_pool2d`` answers, zeros elsewhere: [N, C, H, W].

    H is (OH - 1) * stride - 2 * padding + kernel_size unless ``output_size`` says it. Where windows overlap and several
    name one position, it gets their mean; they are equal if they come from the pool. Raises ShapeError.
    """
    return _unpool(x, indices, 2, kernel_size, stride, padding, output_size)


def max_unpool3d(
    x: Var, indices: Var, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0,
    output_size: Pair | None = None,
) -> Var:  # fmt: skip
    """``max_unpool2d`` of ``x`` [N, C, D, H, W]."""
    return _unpool(x, indices, 3, kernel_size, stride, padding, output_size)


def _unpool(x, indices, rank, kernel_size, stride, padding, output_size):
    if x.ndim != rank + 2 or x.shape != indices.shape:
        raise mb.ShapeError(
            f"max_unpool{rank}d needs values of {rank + 2} dimensions and as many indices, not {x.shape} and "
            f"{indices.shape}"
        )
    kernel, pads = each(kernel_size, rank, "kernel_size", 1), each(padding, rank, "padding")
    strides = kernel if stride is None else each(stride, rank, "stride", 1)
    if output_size is None:
        size = tuple((n - 1) * s - 2 * p + k for n, s, p, k in zip(x.shape[2:], strides, pads, kernel))
    else:
        size = each(output_size, rank, "output_size", 1)
    if min(size) < 1:
        raise mb.ShapeError(f"max_unpool{rank}d of {x.shape} would have the size {size}")
    N, C = x.shape[:2]
    pixels = math.prod(x.shape[2:])
    places = indices.reshape(N, C, pixels)

    def put(values):
        return mb.reindex_reduce(values, "add", (N, C, math.prod(size)), ["i0", "i1", "s0"], (), [places])

    counts = put(mb.ones_like(places).astype(x.dtype))
    return (put(x.reshape(N, C, pixels)) / mb.maximum(counts, 1)).reshape(N, C, *size)

"""Resizing images. Every linear interpolation is a product with a small matrix, one an axis, which the compiler knows:
where its rows repeat, both axes are one kernel that shifts and adds (docs/data-movement.md)."""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

import metabang as mb
from metabang.constants import known_matrix
from metabang.nn.functional.pool import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from metabang.nn.windows import Pair, each
from metabang.var import Var


def interpolate(
    x: Var, size: Pair | None = None, scale_factor: float | Sequence[float] | None = None, mode: str = "nearest",
    align_corners: bool = False, recompute_scale_factor: bool = False,
) -> Var:  # fmt: skip
    """Resizes the dimensions of ``x`` [N, C, ...] behind the second to ``size``, or by ``scale_factor``.

    mode: "nearest", "nearest-exact", "linear" (one dimension), "bilinear", "trilinear", "bicubic" (Keys 1981,
    a = -0.75), "area" (the adaptive average pool). Positions as in PyTorch: centres of elements, or with
    ``align_corners`` the corners of the image. ``recompute_scale_factor``: positions by the ratio of the sizes rather
    than by ``scale_factor``. Raises ShapeError, MetaBangError.
    """
    rank = x.ndim - 2
    if (size is None) == (scale_factor is None):
        raise mb.MetaBangError("interpolate needs either size or scale_factor")
    scales = _scales(scale_factor, rank)
    if size is None:
        size = [int(n * scale) for n, scale in zip(x.shape[2:], scales)]
    sizes = each(size, rank, "interpolate's size", 1)
    if recompute_scale_factor:
        scales = [None] * rank
    if mode in ("nearest", "nearest-exact"):
        return _nearest(x, sizes, scales, mode == "nearest-exact")
    if mode == "area":
        return _area(x, sizes)
    if mode not in ("linear", "bilinear", "trilinear", "bicubic"):
        raise mb.MetaBangError(
            f"mode is 'nearest', 'nearest-exact', 'linear', 'bilinear', 'trilinear', 'bicubic' or 'area', not '{mode}'"
        )
    for axis, (target, scale) in enumerate(zip(sizes, scales), 2):
        if target == x.shape[axis] and mode != "bicubic":
            continue  # PyTorch copies, even if the factor is not 1
        matrix = _weights(x.shape[axis], target, mode, align_corners, scale)
        x = _along(x, matrix, axis)
    return x


def _scales(scale_factor, rank):
    """The factor of each dimension, None where only the size is given."""
    several = isinstance(scale_factor, Sequence)
    scales = list(scale_factor) if several else [scale_factor] * rank
    if len(scales) != rank or any(scale is not None and not 0 < scale < math.inf for scale in scales):
        raise mb.ShapeError(f"scale_factor is a positive number, or one for each of {rank} dimensions")
    return scales


def _fraction(scale):
    """The scale as a user means it: 1/3, not the float nearest to it."""
    return Fraction(scale).limit_denominator(1 << 12) or Fraction(scale)


def _nearest(x, sizes, scales, exact):
    """Element i of m reads floor(i * step), or floor((i + 1/2) * step): step = n / m, or 1 / scale unless m is n or 2n
    (as in PyTorch)."""
    texts = ["i0", "i1"]
    for k, (n, m, scale) in enumerate(zip(x.shape[2:], sizes, scales), 2):
        step = Fraction(n, m) if scale is None or m in (n, 2 * n) else 1 / _fraction(scale)
        if step * (m - 1) >= n:  # the fraction is not exactly the scale
            step = Fraction(n, m)
        p, q = step.numerator, step.denominator
        texts.append(f"(i{k} * 2 + 1) * {p} // {2 * q}" if exact else f"i{k} * {p} // {q}")
    return mb.reindex(x, (*x.shape[:2], *sizes), texts)


def _area(x, sizes):
    pools = (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)
    if not 1 <= len(sizes) <= 3:
        raise mb.ShapeError(f"mode 'area' resizes one to three dimensions, not those of {x.shape}")
    return pools[len(sizes) - 1](x, sizes)


def _along(x, matrix, axis):
    """matrix [m, n] times x along ``axis`` of size n."""
    if matrix.shape[0] == matrix.shape[1] == x.shape[axis] and np.array_equal(matrix, np.eye(x.shape[axis])):
        return x
    if axis < x.ndim - 2:  # of volumes: planes are rows
        planes = mb.reshape(x, (*x.shape[: axis + 1], -1))
        return mb.reshape(_along(planes, matrix, axis), (*x.shape[:axis], len(matrix), *x.shape[axis + 1 :]))
    dtype = x.dtype if x.dtype in ("float16", "bfloat16") else "float32"
    if axis == x.ndim - 2 and min(*x.shape[-2:], len(matrix)) >= 32 and matrix.size <= 1 << 15:
        return known_matrix(matrix, dtype) @ x  # images stay as they lie
    order = [k for k in range(x.ndim) if k != axis] + [axis]
    y = mb.transpose(x, order) @ known_matrix(matrix.T, dtype)
    return mb.transpose(y, [order.index(k) for k in range(x.ndim)])


def _weights(size, target, mode, align_corners, scale_factor):
    """float32 [target, size]: what each output element takes of each input element."""
    i = np.arange(target)
    if align_corners:
        position = i * ((size - 1) / (target - 1)) if target > 1 else np.zeros(1)
    else:
        step = 1 / scale_factor if scale_factor is not None else size / target
        position = (i + 0.5) * step - 0.5
        if mode != "bicubic":
            position = np.maximum(position, 0)
    first = np.floor(position).astype(int)
    t = position - first
    taps = {0: 1 - t, 1: t} if mode != "bicubic" else {k: _keys(np.abs(t - k)) for k in (-1, 0, 1, 2)}
    matrix = np.zeros((target, size))
    for offset, weight in taps.items():
        np.add.at(matrix, (i, np.clip(first + offset, 0, size - 1)), weight)
    return matrix.astype(np.float32)


def _keys(d, a=-0.75):
    """Keys' cubic convolution kernel."""
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0))

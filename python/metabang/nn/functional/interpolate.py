"""Resizing images. Every linear interpolation is a product with a small matrix, one an axis."""

import numpy as np

import metabang as mb
from metabang.nn.windows import Pair, each
from metabang.var import Var


def interpolate(
    x: Var, size: Pair | None = None, scale_factor: float | None = None, mode: str = "nearest",
    align_corners: bool = False,
) -> Var:  # fmt: skip
    """Resizes the dimensions of ``x`` [N, C, ...] behind the second to ``size``, or by ``scale_factor``.

    mode: "nearest", "linear" (one dimension), "bilinear", "trilinear", "bicubic" (Keys 1981, a = -0.75). Positions as
    in PyTorch: centres of elements, or with ``align_corners`` the corners of the image.
    Raises ShapeError, MetaBangError.
    """
    rank = x.ndim - 2
    if (size is None) == (scale_factor is None):
        raise mb.MetaBangError("interpolate needs either size or scale_factor")
    if size is None:
        size = [int(n * scale_factor) for n in x.shape[2:]]
    sizes = each(size, rank, "interpolate's size", 1)
    if mode == "nearest":
        texts = [f"i{k + 2} * {n} // {m}" for k, (n, m) in enumerate(zip(x.shape[2:], sizes))]
        return mb.reindex(x, (*x.shape[:2], *sizes), ["i0", "i1", *texts])
    if mode not in ("linear", "bilinear", "trilinear", "bicubic"):
        raise mb.MetaBangError(f"mode is 'nearest', 'linear', 'bilinear', 'trilinear' or 'bicubic', not '{mode}'")
    for axis, target in enumerate(sizes, 2):
        matrix = _weights(x.shape[axis], target, mode, align_corners, scale_factor)
        x = _along(x, matrix, axis)
    return x


def _along(x, matrix, axis):
    """matrix [m, n] times x along ``axis`` of size n."""
    if matrix.shape[0] == matrix.shape[1] == x.shape[axis] and np.array_equal(matrix, np.eye(x.shape[axis])):
        return x
    order = [k for k in range(x.ndim) if k != axis] + [axis]
    y = mb.transpose(x, order) @ mb.parameter(matrix.T)
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

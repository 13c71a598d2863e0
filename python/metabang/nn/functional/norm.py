"""Normalisations. The core of each is one line: (x - mean) / sqrt(var + eps), over other axes."""

from collections.abc import Sequence

import numpy as np

import metabang as mb
from metabang.nn.windows import channels, positive
from metabang.var import Var


def batch_norm(
    x: Var, mean: Var, var: Var, weight: Var | None = None, bias: Var | None = None, eps: float = 1e-5
) -> Var:
    """Normalises each channel of ``x`` [N, C, ...]; the other operands are [C]."""
    mean, deviation = (channels(v, x.ndim) for v in (mean, mb.sqrt(var + eps)))
    weight, bias = (v if v is None else channels(v, x.ndim) for v in (weight, bias))
    return _affine((x - mean) / deviation, weight, bias)


def layer_norm(
    x: Var, normalized_shape: int | Sequence[int], weight: Var | None = None, bias: Var | None = None, eps: float = 1e-5
) -> Var:
    """Normalises over the last dimensions, which are ``normalized_shape``. Raises ShapeError."""
    return _affine(_standard(x, _last(x, normalized_shape, "layer_norm"), eps), weight, bias)


def rms_norm(x: Var, normalized_shape: int | Sequence[int], weight: Var | None = None, eps: float = 2.0**-23) -> Var:
    """x / sqrt(mean(x**2) + eps) over the last dimensions, which are ``normalized_shape`` (Zhang and Sennrich 2019)."""
    axes = _last(x, normalized_shape, "rms_norm")
    return _affine(x * mb.rsqrt(mb.mean(mb.square(x), axes, keepdims=True) + eps), weight, None)


def group_norm(x: Var, num_groups: int, weight: Var | None = None, bias: Var | None = None, eps: float = 1e-5) -> Var:
    """Normalises each of ``num_groups`` groups of channels of ``x`` [N, C, ...]; weight and bias are [C].

    Raises ShapeError if C is no multiple of ``num_groups``.
    """
    positive(num_groups=num_groups)
    if x.ndim < 2 or x.shape[1] % num_groups:
        raise mb.ShapeError(f"group_norm cannot divide the channels of {x.shape} into {num_groups} groups")
    # Only the channels are divided: rows of all pixels would be put together from pieces.
    groups = x.reshape(x.shape[0], num_groups, x.shape[1] // num_groups, *x.shape[2:])
    y = _standard(groups, tuple(range(2, groups.ndim)), eps).reshape(x.shape)
    weight, bias = (v if v is None else channels(v, x.ndim) for v in (weight, bias))
    return _affine(y, weight, bias)


def instance_norm(x: Var, weight: Var | None = None, bias: Var | None = None, eps: float = 1e-5) -> Var:
    """Normalises each channel of each image of ``x`` [N, C, ...]."""
    weight, bias = (v if v is None else channels(v, x.ndim) for v in (weight, bias))
    return _affine(_standard(x, tuple(range(2, x.ndim)), eps), weight, bias)


def normalize(x: Var, p: float = 2.0, axis: int = 1, eps: float = 1e-12) -> Var:
    """x / max(its p-norm along ``axis``, eps). The norm of float16 is computed in float32, where squares do not end."""
    if not p > 0:
        raise mb.MetaBangError(f"normalize needs a positive p, got {p}")
    wide = x.astype("float32") if x.dtype == "float16" else x
    if p == 2:
        norm = mb.sqrt(mb.sum(mb.square(wide), axis, keepdims=True))
    elif p == 1:
        norm = mb.sum(mb.abs(wide), axis, keepdims=True)
    else:
        norm = mb.sum(mb.abs(wide) ** p, axis, keepdims=True) ** (1 / p)
    y = wide / mb.maximum(norm, eps)
    return y if wide is x else y.astype(x.dtype)


def local_response_norm(x: Var, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Var:
    """x / (k + alpha * m)**beta, m the mean of the squares of ``size`` channels around (Krizhevsky et al. 2012)."""
    positive(size=size)
    if x.ndim < 3:
        raise mb.ShapeError(f"local_response_norm needs an input [N, C, L, ...], not {x.shape}")
    shape, rest = (*x.shape[:2], size, *x.shape[2:]), [f"i{k}" for k in range(3, x.ndim + 1)]
    neighbours = mb.reindex(mb.square(x), shape, ["i0", f"i1 + i2 - {size // 2}", *rest])
    return x * (neighbours.mean(2) * alpha + k) ** -beta


def _standard(x, axes, eps):
    return (x - x.mean(axes, keepdims=True)) * mb.rsqrt(x.var(axes, keepdims=True) + eps)


def _affine(y, weight, bias):
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _last(x, normalized_shape, what):
    shape = (normalized_shape,) if isinstance(normalized_shape, (int, np.integer)) else tuple(normalized_shape)
    if not shape or x.shape[-len(shape) :] != shape:
        raise mb.ShapeError(f"{what} over {shape} needs an input that ends with these sizes, not {x.shape}")
    return tuple(range(x.ndim - len(shape), x.ndim))

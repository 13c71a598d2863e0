"""NumPy kernels of the reference: element-wise functions, strided views, contractions, gather and scatter."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.lib.stride_tricks import as_strided

_BLOCK = 1 << 23  # elements of an operand that a contraction copies at a time (64 MB of float64)
_erf = np.frompyfunc(math.erf, 1, 1)


def _sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def _inverse_erf(x: float) -> float:
    a = abs(x)
    if not a < 1:
        return math.copysign(math.inf, x) if a == 1 else math.nan
    y = NormalDist().inv_cdf(min((1 + a) / 2, 1 - 1e-16)) / math.sqrt(2)
    for _ in range(3):  # Newton's method, on the tail where that is the smaller part
        off = math.erf(y) - a if a < 0.5 else (1 - a) - math.erfc(y)
        y -= off * math.sqrt(math.pi) / 2 * math.exp(y * y)
    return math.copysign(y, x)


_erfinv = np.frompyfunc(_inverse_erf, 1, 1)


def _not(x):
    return np.logical_not(x) if x.dtype == bool else np.invert(x)


KINDS = {
    "neg": np.negative, "abs": np.abs, "exp": np.exp, "log": np.log, "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x), "recip": lambda x: 1 / x, "tanh": np.tanh, "sigmoid": _sigmoid,
    "erf": lambda x: np.asarray(_erf(x), np.float64), "erfinv": lambda x: np.asarray(_erfinv(x), np.float64),
    "exp2": np.exp2, "log2": np.log2, "expm1": np.expm1, "log1p": np.log1p, "tan": np.tan, "asin": np.arcsin,
    "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "asinh": np.arcsinh, "acosh": np.arccosh,
    "atanh": np.arctanh, "trunc": np.trunc, "atan2": np.arctan2, "sin": np.sin, "cos": np.cos, "floor": np.floor,
    "ceil": np.ceil, "round": np.rint, "sign": np.sign, "not": _not,
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "max": np.maximum, "min": np.minimum,
    "pow": np.power, "mod": np.mod, "floordiv": np.floor_divide,
    "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor,
    "shl": np.left_shift, "shr": np.right_shift,
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip


def CAST(x: np.ndarray, dtype: str) -> np.ndarray:
    """Element type conversion; every float dtype is float64 here."""
    if dtype == "bool":
        return x != 0
    return x.astype(np.float64 if "float" in dtype else dtype, copy=False)


def strided(x: np.ndarray, shape: tuple[int, ...], index_map, fill: np.ndarray) -> np.ndarray | None:
    """The reindex as a view of x padded by `fill`; None where the map is not linear, or the padding would be large."""
    forms = index_map.linear
    if index_map.constraints or None in forms or 0 in shape:
        return None
    low, high = [], []
    for (constant, coefficients, _), size in zip(forms, x.shape):
        reach = [c * (n - 1) for c, n in zip(coefficients, shape)]
        low.append(max(0, -(constant + sum(r for r in reach if r < 0))))
        high.append(max(0, constant + sum(r for r in reach if r > 0) - (size - 1)))
    padded = math.prod(a + n + b for a, n, b in zip(low, x.shape, high))
    if padded > 4 * max(x.size, math.prod(shape), 1024):
        return None
    if any(low) or any(high):
        x = np.pad(x, list(zip(low, high)), constant_values=fill)
    start = tuple(constant + a for (constant, _, _), a in zip(forms, low))
    strides = [sum(form[1][j] * s for form, s in zip(forms, x.strides)) for j in range(len(shape))]
    return as_strided(x[tuple(slice(k, None) for k in start)], shape, strides, writeable=False)


def _varies(x: np.ndarray, d: int) -> bool:
    return x.shape[d] > 1 and x.strides[d] != 0


def _drop_free(x: np.ndarray, dims: list[int]) -> np.ndarray:
    """x with one element along dims it does not vary in."""
    return x[tuple(slice(0, 1) if d in dims else slice(None) for d in range(x.ndim))]


def contract(a: np.ndarray, b: np.ndarray, dims: tuple[int, ...]) -> np.ndarray:
    """sum(a * b) over dims, as a matrix product over blocks. a and b are views of one shape."""
    shape, rank = a.shape, a.ndim
    if 0 in shape:
        return np.multiply(a, b).sum(dims, dtype=a.dtype)
    in_a, in_b = [_varies(a, d) for d in range(rank)], [_varies(b, d) for d in range(rank)]
    kept = [d for d in range(rank) if d not in dims]
    count = math.prod(shape[d] for d in dims if not in_a[d] and not in_b[d])
    a, b = (
        _drop_free(a, [d for d in range(rank) if not in_a[d]]),
        _drop_free(b, [d for d in range(rank) if not in_b[d]]),
    )
    # A reduced dim of one operand only is summed before.
    a = a.sum(tuple(d for d in dims if in_a[d] and not in_b[d]), keepdims=True, dtype=a.dtype)
    b = b.sum(tuple(d for d in dims if in_b[d] and not in_a[d]), keepdims=True, dtype=b.dtype)
    inner = [d for d in dims if in_a[d] and in_b[d]]
    batch = [d for d in kept if in_a[d] and in_b[d]]
    rows = [d for d in kept if in_a[d] and not in_b[d]]
    columns = [d for d in kept if not in_a[d]]  # b's, and those of neither (size 1 here)
    rest = [d for d in dims if d not in inner]
    a = np.transpose(a, batch + rows + inner + columns + rest)
    b = np.transpose(b, batch + inner + columns + rows + rest)
    sizes = {d: shape[d] for d in range(rank)}
    n_batch, n_inner = (math.prod(sizes[d] for d in group) for group in (batch, inner))
    b_columns = [sizes[d] if in_b[d] else 1 for d in columns]
    right = b.reshape(n_batch, n_inner, math.prod(b_columns))
    left = a.reshape(a.shape[: len(batch) + len(rows) + len(inner)])
    product = _blocks(left, right, len(batch), len(rows), n_inner)
    if count != 1:
        product = product * product.dtype.type(count)
    product = product.reshape([sizes[d] for d in batch] + [sizes[d] for d in rows] + b_columns)
    order = batch + rows + columns
    product = np.transpose(product, np.argsort(order)) if order else product.reshape(())
    return np.broadcast_to(product, tuple(shape[d] for d in kept))


def _blocks(left: np.ndarray, right: np.ndarray, n_batch_dims: int, n_row_dims: int, n_inner: int) -> np.ndarray:
    """matmul of left [batch…, rows…, inner…] and right [batch, inner, columns], copying a block of left at a time."""
    batch = right.shape[0]
    row_sizes = left.shape[n_batch_dims : n_batch_dims + n_row_dims]
    rows = math.prod(row_sizes)
    if left.size <= _BLOCK or not n_row_dims:
        return np.matmul(left.reshape(batch, rows, n_inner), right)
    axis = n_batch_dims + int(np.argmax(row_sizes))
    step = max(1, left.shape[axis] * _BLOCK // left.size)
    parts = []
    for start in range(0, left.shape[axis], step):
        part = left[tuple(slice(start, start + step) if d == axis else slice(None) for d in range(left.ndim))]
        product = np.matmul(part.reshape(batch, -1, n_inner), right)
        parts.append(product.reshape(*part.shape[: n_batch_dims + n_row_dims], right.shape[2]))
    return np.concatenate(parts, axis).reshape(batch, rows, right.shape[2])


def _indices(index_map, iterated: tuple[int, ...], extras: list[np.ndarray], sizes: tuple[int, ...]):
    """Flat positions in a tensor of `sizes` for each iterated element, and where they are valid."""
    rank = len(iterated)
    names = {f"i{k}": np.arange(n).reshape([-1 if j == k else 1 for j in range(rank)]) for k, n in enumerate(iterated)}
    names |= {f"s{k}": extra.astype(np.int64) for k, extra in enumerate(extras)}
    flat, valid = np.zeros((), np.int64), np.ones((), bool)
    for text, size in zip(index_map.results, sizes):
        position = np.asarray(eval(text, {"__builtins__": {}}, names))  # printed by the graph core, not the user's text
        valid = valid & (position >= 0) & (position < size)
        flat = flat * size + position
    for text in index_map.constraints:
        valid = valid & eval(text, {"__builtins__": {}}, names)
    return np.broadcast_to(flat, iterated), np.broadcast_to(valid, iterated)


def gather(x, extras, shape, index_map, fill) -> np.ndarray:
    """Any reindex, by index arrays."""
    flat, valid = _indices(index_map, shape, extras, x.shape)
    if not x.size:
        return np.full(shape, fill, x.dtype)
    return np.where(valid, x.reshape(-1)[np.where(valid, flat, 0)], fill)


def scatter(kind: str, y, extras, shape, index_map) -> np.ndarray:
    """Any reindex_reduce, by index arrays."""
    flat, valid = _indices(index_map, y.shape, extras, shape)
    flat, picked, size = flat[valid], y[valid], math.prod(shape)
    if kind == "add" and y.dtype == np.float64:
        return np.bincount(flat, picked, size).astype(np.float64).reshape(shape)
    out = np.full(size, _neutral(kind, y.dtype), y.dtype)
    KINDS[kind].at(out, flat, picked)
    return out.reshape(shape)


def _neutral(kind: str, dtype: np.dtype):
    if kind in ("add", "mul", "or", "xor"):
        return 1 if kind == "mul" else 0
    if kind == "and":
        return np.invert(np.zeros((), dtype))
    if dtype == np.float64:
        return -np.inf if kind == "max" else np.inf
    limits = np.iinfo(dtype)
    return limits.min if kind == "max" else limits.max

"""Distances and angles between vectors."""

import math

import metabang as mb
from metabang.var import Var


def cosine_similarity(a: Var, b: Var, axis: int = 1, eps: float = 1e-8) -> Var:
    """sum(a * b) / (max(|a|, eps) * max(|b|, eps)) along ``axis``; of float16 computed in float32."""
    wide = [_widened(v) for v in (a, b)]
    # The root is taken of what is not zero: its derivative is finite then.
    lengths = [mb.sqrt(mb.maximum(mb.sum(mb.square(v), axis), eps * eps)) for v in wide]
    return _narrowed(mb.sum(wide[0] * wide[1], axis) / (lengths[0] * lengths[1]), a, b)


def pairwise_distance(a: Var, b: Var, p: float = 2.0, eps: float = 1e-6, keepdims: bool = False) -> Var:
    """The p-norm of a - b + eps along the last axis; ``eps`` keeps the gradient finite where a is b. Of float16 it is
    computed in float32, where sums of squares do not end."""
    if not p > 0:
        raise mb.MetaBangError(f"pairwise_distance needs a positive p, got {p}")
    size = mb.abs(_widened(a) - _widened(b) + eps)
    if p == math.inf:
        norm = mb.max(size, -1, keepdims)
    elif p == 2:
        norm = mb.sqrt(mb.sum(mb.square(size), -1, keepdims))
    else:
        norm = mb.sum(size**p, -1, keepdims) ** (1 / p)
    return _narrowed(norm, a, b)


def _widened(x: Var) -> Var:
    return x.astype("float32") if x.dtype == "float16" else x


def _narrowed(result: Var, *operands: Var) -> Var:
    """`result` in the dtype of `operands`, if they were all widened."""
    return result.astype("float16") if all(x.dtype == "float16" for x in operands) else result

"""Distances and angles between vectors."""

import math

import metabang as mb
from metabang.var import Var


def cosine_similarity(a: Var, b: Var, axis: int = 1, eps: float = 1e-8) -> Var:
    """sum(a * b) / (max(|a|, eps) * max(|b|, eps)) along ``axis``."""
    # The root is taken of what is not zero: its derivative is finite then.
    lengths = [mb.sqrt(mb.maximum(mb.sum(mb.square(v), axis), eps * eps)) for v in (a, b)]
    return mb.sum(a * b, axis) / (lengths[0] * lengths[1])


def pairwise_distance(a: Var, b: Var, p: float = 2.0, eps: float = 1e-6, keepdims: bool = False) -> Var:
    """The p-norm of a - b + eps along the last axis; ``eps`` keeps the gradient finite where a is b."""
    if not p > 0:
        raise mb.MetaBangError(f"pairwise_distance needs a positive p, got {p}")
    size = mb.abs(a - b + eps)
    if p == math.inf:
        return mb.max(size, -1, keepdims)
    if p == 2:
        return mb.sqrt(mb.sum(mb.square(size), -1, keepdims))
    return mb.sum(size**p, -1, keepdims) ** (1 / p)

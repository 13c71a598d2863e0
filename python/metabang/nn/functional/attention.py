"""Attention."""

import math

import metabang as mb
from metabang.var import Var


def scaled_dot_product_attention(
    query: Var, key: Var, value: Var, mask: Var | None = None, is_causal: bool = False, scale: float | None = None
) -> Var:
    """softmax(query @ key.T * scale + mask) @ value (Vaswani et al. 2017).

    query [..., L, E], key [..., S, E], value [..., S, V]: [..., L, V]. ``mask`` broadcasts to [..., L, S]: added if it
    is a float, else True where attention is allowed. ``is_causal``: position l sees positions up to l. ``scale`` is
    1/sqrt(E) by default.
    """
    weights = query @ mb.swapaxes(key, -1, -2) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if is_causal:
        shape = weights.shape[-2:]
        weights = mb.where(mb.index(shape, 1) <= mb.index(shape, 0), weights, -math.inf)
    if mask is not None:
        weights = mb.where(mask, weights, -math.inf) if mask.dtype == "bool" else weights + mask
    return mb.softmax(weights) @ value

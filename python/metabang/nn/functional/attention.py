"""Attention."""

import math

import metabang as mb
from metabang.dtypes import FLOATS
from metabang.nn.functional.dropout import dropout
from metabang.var import Var


def scaled_dot_product_attention(
    query: Var, key: Var, value: Var, mask: Var | None = None, is_causal: bool = False, scale: float | None = None,
    dropout_p: float = 0.0,
) -> Var:  # fmt: skip
    """softmax(query @ key.T * scale + mask) @ value (Vaswani et al. 2017).

    query [..., L, E], key [..., S, E], value [..., S, V]: [..., L, V]. ``mask`` broadcasts to [..., L, S]: added if it
    is a float, else True where attention is allowed. ``is_causal``: position l sees positions up to l. A position that
    sees none by ``is_causal`` and a bool mask has the result 0. ``scale`` is 1/sqrt(E) by default. ``dropout_p``: of
    the weights, see ``dropout``. Raises DTypeError for a mask of integers.
    """
    weights = attention_weights(query, key, mask, is_causal, scale)
    return dropout(weights, dropout_p) @ value


def check_mask(mask: Var, name: str) -> None:
    """Raises DTypeError for integers, which could mean either: truth values, or what is added to the scores."""
    if mask.dtype != "bool" and mask.dtype not in FLOATS:
        raise mb.DTypeError(f"`{name}` of an attention is bool or float, got {mask.dtype}; compare it with 0")


def attention_weights(
    query: Var, key: Var, mask: Var | None = None, is_causal: bool = False, scale: float | None = None,
    allowed: Var | None = None,
) -> Var:  # fmt: skip
    """The weights [..., L, S] of ``scaled_dot_product_attention``: how much of each value a position takes.

    ``allowed``: a bool mask beside ``mask``; what either forbids is forbidden.
    """
    if mask is not None:
        check_mask(mask, "mask")
    if mask is not None and mask.dtype == "bool":
        allowed, mask = mask if allowed is None else mb.logical_and(mask, allowed), None
    weights = query @ mb.swapaxes(key, -1, -2) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if is_causal:
        shape = weights.shape[-2:]
        seen = mb.index(shape, 1) <= mb.index(shape, 0)
        allowed = seen if allowed is None else mb.logical_and(allowed, seen)
    if mask is not None:
        weights = weights + mask
    if allowed is None:
        return mb.softmax(weights)
    # A row of -inf alone has no softmax: one that may see nothing sees all, times 0. In numbers, which have vectors.
    seen = allowed.astype(weights.dtype)
    some = mb.max(seen, -1, keepdims=True)
    return mb.softmax(mb.where(seen < some, -math.inf, weights)) * some

"""Clipping of gradients."""

import math
from collections.abc import Sequence

import metabang as mb
from metabang.arguments import described, is_number
from metabang.var import Var


def clip_grad_norm(gradients: Sequence[Var], max_norm: float, eps: float = 1e-6, norm_type: float = 2.0) -> list[Var]:
    """`gradients` times min(1, max_norm / (their joint norm + eps)) (Pascanu et al. 2013).

    `norm_type`: p of the p-norm, math.inf for the largest magnitude. The norm of 16-bit gradients is one of float32;
    each result has the dtype of its gradient. Raises MetaBangError unless `max_norm` and `norm_type` are positive.
    """
    check_max_norm(max_norm)
    if not norm_type > 0:
        raise mb.MetaBangError(f"clip_grad_norm needs a positive norm_type, got {norm_type}")
    wide = [widened(g) for g in gradients]
    counted = [g for g in wide if g.size]  # an empty tensor has no maximum
    if not counted:
        return list(gradients)
    if norm_type == math.inf:
        parts = [mb.max(mb.abs(g)) for g in counted]
    elif norm_type == 2:
        parts = [mb.sum(mb.square(g)) for g in counted]
    else:
        parts = [mb.sum(mb.abs(g) ** norm_type) for g in counted]
    total = parts[0]
    for part in parts[1:]:
        total = mb.maximum(total, part) if norm_type == math.inf else total + part
    if norm_type != math.inf:
        total = mb.sqrt(total) if norm_type == 2 else total ** (1 / norm_type)
    scale = mb.minimum(max_norm / (total + eps), 1.0)
    return [(w * scale).astype(g.dtype) for g, w in zip(gradients, wide)]


def widened(x: Var) -> Var:
    """A 16-bit tensor in float32: squares, averages and small steps leave the range or the precision of 16 bits."""
    return x.astype("float32") if x.dtype in ("float16", "bfloat16") else x


def check_max_norm(max_norm: float) -> None:
    """Raises MetaBangError unless this is a norm that gradients can be scaled to."""
    if not is_number(max_norm) or not max_norm > 0:
        raise mb.MetaBangError(f"max_norm is a number above 0, got {described(max_norm)}")


def clip_grad_value(gradients: Sequence[Var], clip_value: float) -> list[Var]:
    """`gradients` limited to [-clip_value, clip_value]. Raises MetaBangError if that is negative."""
    if not clip_value >= 0:
        raise mb.MetaBangError(f"clip_grad_value needs a limit that is not negative, got {clip_value}")
    return [mb.clip(g, -clip_value, clip_value) for g in gradients]

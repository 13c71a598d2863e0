"""Clipping of gradients."""

import math
from collections.abc import Sequence

import metabang as mb
from metabang.var import Var


def clip_grad_norm(gradients: Sequence[Var], max_norm: float, eps: float = 1e-6, norm_type: float = 2.0) -> list[Var]:
    """`gradients` times min(1, max_norm / (their joint norm + eps)) (Pascanu et al. 2013).

    `norm_type`: p of the p-norm, math.inf for the largest magnitude. Raises MetaBangError unless it is positive.
    """
    if not norm_type > 0:
        raise mb.MetaBangError(f"clip_grad_norm needs a positive norm_type, got {norm_type}")
    if not gradients:
        return []
    if norm_type == math.inf:
        parts = [mb.max(mb.abs(g)) for g in gradients]
    elif norm_type == 2:
        parts = [mb.sum(mb.square(g)) for g in gradients]
    else:
        parts = [mb.sum(mb.abs(g) ** norm_type) for g in gradients]
    total = parts[0]
    for part in parts[1:]:
        total = mb.maximum(total, part) if norm_type == math.inf else total + part
    if norm_type != math.inf:
        total = mb.sqrt(total) if norm_type == 2 else total ** (1 / norm_type)
    scale = mb.minimum(max_norm / (total + eps), 1.0)
    return [g * scale for g in gradients]


def clip_grad_value(gradients: Sequence[Var], clip_value: float) -> list[Var]:
    """`gradients` limited to [-clip_value, clip_value]. Raises MetaBangError if that is negative."""
    if not clip_value >= 0:
        raise mb.MetaBangError(f"clip_grad_value needs a limit that is not negative, got {clip_value}")
    return [mb.clip(g, -clip_value, clip_value) for g in gradients]

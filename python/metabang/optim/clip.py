"""Clipping of gradients."""

from collections.abc import Sequence

import metabang as mb
from metabang.var import Var


def clip_grad_norm(gradients: Sequence[Var], max_norm: float, eps: float = 1e-6) -> list[Var]:
    """`gradients` times min(1, max_norm / (their joint 2-norm + eps)) (Pascanu et al. 2013)."""
    total = None
    for g in gradients:
        square = mb.sum(mb.square(g))
        total = square if total is None else total + square
    scale = mb.minimum(max_norm / (mb.sqrt(total) + eps), 1.0)
    return [g * scale for g in gradients]

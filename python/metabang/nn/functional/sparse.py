"""Integers as vectors: rows of a table, indicator vectors."""

import metabang as mb
from metabang.nn.windows import positive
from metabang.var import Var


def embedding(ids: Var, weight: Var, padding_idx: int | None = None) -> Var:
    """Rows of ``weight`` [V, D] at ``ids`` (integers of any shape [...]): [..., D]. An id outside gives zeros.

    The row ``padding_idx`` (negative: from the end) gets no gradient.
    """
    if weight.ndim != 2:
        raise mb.ShapeError(f"the weight of an embedding has the shape [V, D], got {weight.shape}")
    rows = mb.take(weight, ids, 0)
    if padding_idx is None:
        return rows
    if not -weight.shape[0] <= padding_idx < weight.shape[0]:
        raise mb.BoundsError(f"padding_idx {padding_idx} is no row of a weight of shape {weight.shape}")
    return mb.where(mb.unsqueeze(ids == padding_idx % weight.shape[0], -1), rows.detach(), rows)


def embedding_bag(ids: Var, weight: Var, mode: str = "mean") -> Var:
    """The "mean", "sum" or "max" of the rows of ``weight`` [V, D] at each row of ``ids`` [N, L]: [N, D]."""
    if ids.ndim != 2 or ids.shape[1] == 0:
        raise mb.ShapeError(f"embedding_bag needs ids of shape [N, L] with elements, not {ids.shape}")
    if mode not in ("mean", "sum", "max"):
        raise mb.MetaBangError(f"mode is 'mean', 'sum' or 'max', not '{mode}'")
    return {"mean": mb.mean, "sum": mb.sum, "max": mb.max}[mode](embedding(ids, weight), 1)


def one_hot(ids: Var, num_classes: int, axis: int = -1, dtype: str = "float32") -> Var:
    """1 where the index along a new ``axis`` of size ``num_classes`` is the id, else 0."""
    positive(num_classes=num_classes)
    if not -ids.ndim <= axis + 1 <= ids.ndim + 1:
        raise mb.AxisError(f"one_hot has axis {axis}, but its result has {ids.ndim + 1} dimensions")
    axis %= ids.ndim + 1
    shape = (*ids.shape[:axis], num_classes, *ids.shape[axis:])
    others = [k for k in range(len(shape)) if k != axis]
    return (mb.broadcast(ids, shape, others) == mb.index(shape, axis, ids.dtype)).astype(dtype)

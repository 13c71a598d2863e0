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


def embedding_bag(ids: Var, weight: Var, offsets: Var | None = None, mode: str = "mean") -> Var:
    """The "mean", "sum" or "max" of the rows of ``weight`` [V, D] at each row of ``ids`` [N, L]: [N, D].

    With ``offsets`` [N], ``ids`` [L] are all bags one after the other, and bag n begins at ``offsets[n]``: ascending,
    the first is 0. An empty bag gives zeros. Raises ShapeError, MetaBangError, and BoundsError for known offsets that
    are none.
    """
    if mode not in ("mean", "sum", "max"):
        raise mb.MetaBangError(f"mode is 'mean', 'sum' or 'max', not '{mode}'")
    if offsets is not None:
        return _bags(ids, weight, offsets, mode)
    if ids.ndim != 2 or ids.shape[1] == 0:
        raise mb.ShapeError(f"embedding_bag needs ids of shape [N, L] with elements, not {ids.shape}; or pass offsets")
    return {"mean": mb.mean, "sum": mb.sum, "max": mb.max}[mode](embedding(ids, weight), 1)


def _bags(ids, weight, offsets, mode):
    """Each row is added to its bag, the last one that begins at it or before."""
    if ids.ndim != 1 or offsets.ndim != 1 or 0 in (*ids.shape, *offsets.shape):
        raise mb.ShapeError(
            f"embedding_bag with offsets needs ids [L] and offsets [N] with elements, not {ids.shape}, {offsets.shape}"
        )
    (L,), (N,) = ids.shape, offsets.shape
    if is_known(offsets):
        begins = offsets.tolist()
        if begins[0] != 0 or begins != sorted(begins) or begins[-1] > L:
            raise mb.BoundsError(f"offsets begin with 0, ascend and are at most {L}, the number of ids, got {begins}")
    offsets = offsets.astype("int32")
    begun = mb.index((N, L), 1) >= mb.unsqueeze(offsets, -1)
    ends = mb.concat([offsets[1:], mb.full((1,), L, "int32")], 0)
    sizes = mb.unsqueeze(ends - offsets, -1)
    rows, shape = embedding(ids, weight), (N, weight.shape[1])
    bag = mb.broadcast(mb.sum(begun.astype("int32"), 0).astype("int32") - 1, rows.shape, [0])
    y = mb.reindex_reduce(rows, "max" if mode == "max" else "add", shape, ["s0", "i1"], extras=[bag])
    if mode == "mean":
        y = y / mb.maximum(sizes, 1).astype(y.dtype)
    return mb.where(sizes > 0, y, 0) if mode == "max" else y


def is_known(value: Var) -> bool:
    """Whether this is a leaf that has its value, which can be looked at before anything runs."""
    return value._node.is_leaf and value._node.value is not None


def one_hot(ids: Var, num_classes: int, axis: int = -1, dtype: str = "float32") -> Var:
    """1 where the index along a new ``axis`` of size ``num_classes`` is the id, else 0."""
    positive(num_classes=num_classes)
    if not -ids.ndim <= axis + 1 <= ids.ndim + 1:
        raise mb.AxisError(f"one_hot has axis {axis}, but its result has {ids.ndim + 1} dimensions")
    axis %= ids.ndim + 1
    shape = (*ids.shape[:axis], num_classes, *ids.shape[axis:])
    others = [k for k in range(len(shape)) if k != axis]
    return (mb.broadcast(ids, shape, others) == mb.index(shape, axis, ids.dtype)).astype(dtype)

"""Which axes of a filter a scale of the contraction's result belongs to."""

from __future__ import annotations

import numpy as np


def owners_of(spread, varying: list[int]) -> list[list[int]] | None:
    """For each axis of the filter the varying dimensions that index it, alone, row-major and over its whole size.

    None unless every varying dimension has exactly one such axis.
    """
    if spread.is_leaf or len(spread.inputs) != 1:
        return None
    filter_ = spread.inputs[0]
    if spread.op == "broadcast":
        forms = [(0, [int(j == d) for j in range(spread.ndim)]) for d in spread.a]
    elif spread.op != "reindex" or spread.is_reshape or spread.map.constraints or spread.literal != 0:
        return None
    else:
        if None in spread.map.linear:
            return None
        forms = [(constant, coefficients) for constant, coefficients, _ in spread.map.linear]
    owners: list[list[int]] = []
    for (constant, coefficients), size in zip(forms, filter_.shape):
        dims = [d for d in varying if coefficients[d]]
        owners.append(dims)
        if not dims:
            continue
        stride = 1
        for d in reversed(dims):
            if coefficients[d] != stride:
                return None
            stride *= spread.shape[d]
        if constant or stride != size or any(c for d, c in enumerate(coefficients) if d not in dims):
            return None
    return owners if sorted(d for dims in owners for d in dims) == sorted(varying) else None


def reshaped_scale(scale: np.ndarray, shape: tuple[int, ...], before: tuple[int, ...]) -> np.ndarray | None:
    """The scale of a tensor of `shape` for the tensor of shape `before` it was reshaped from: if it varies along one
    dimension at most, which is a whole run of dimensions there."""
    varying = [d for d, n in enumerate(scale.shape) if n > 1]
    if not varying:
        return scale.reshape((1,) * len(before))
    (d, *more) = varying
    for start in range(len(before)):
        for end in range(start + 1, len(before) + 1):
            if (np.prod(before[:start]), np.prod(before[start:end])) == (np.prod(shape[:d]), shape[d]) and not more:
                return scale.reshape([n if start <= k < end else 1 for k, n in enumerate(before)])
    return None


def parameter_name(node) -> str:
    """The name of the parameter a constant was made of, '' if there are several."""
    names, pending = set(), [node]
    while pending:
        each = pending.pop()
        if each.is_leaf:
            names.add(each.name)
        elif each.op != "constant":
            pending.extend(each.inputs)
    return names.pop() if len(names) == 1 else ""

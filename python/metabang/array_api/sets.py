"""Set functions of the array API standard: what is equal to what is found on the host, the values are gathered."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .. import host, ops
from ..var import Var, leaf, wrap


class UniqueAll(NamedTuple):
    values: Var
    indices: Var
    inverse_indices: Var
    counts: Var


class UniqueCounts(NamedTuple):
    values: Var
    counts: Var


class UniqueInverse(NamedTuple):
    values: Var
    inverse_indices: Var


def _positions(array: np.ndarray) -> Var:
    return wrap(leaf(array, "int32"))


def _unique(x: Var, name: str) -> UniqueAll:
    host.warn(f"{name} compares the elements on the host: the number of results depends on the values")
    _, first, inverse, counts = np.unique(
        np.asarray(x), return_index=True, return_inverse=True, return_counts=True, equal_nan=False
    )
    values = ops.reshape(x, (x.size,))[_positions(first)]
    return UniqueAll(values, _positions(first), _positions(inverse.reshape(x.shape)), _positions(counts))


def unique_all(x: Var, /) -> UniqueAll:
    """Sorted distinct values, where each is found first, which of them each element is (in x's shape), how often.

    NaNs are distinct from each other. Positions are int32, found on the host.
    """
    return _unique(x, "unique_all")


def unique_counts(x: Var, /) -> UniqueCounts:
    """Distinct values and how often each is there."""
    found = _unique(x, "unique_counts")
    return UniqueCounts(found.values, found.counts)


def unique_inverse(x: Var, /) -> UniqueInverse:
    """Distinct values and which of them each element is."""
    found = _unique(x, "unique_inverse")
    return UniqueInverse(found.values, found.inverse_indices)


def unique_values(x: Var, /) -> Var:
    """Distinct values."""
    return _unique(x, "unique_values").values

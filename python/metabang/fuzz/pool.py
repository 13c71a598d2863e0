"""The tensors of a program that is being drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np

import metabang as mb
from metabang.dtypes import FLOATS, numpy_dtype
from metabang.var import Var

SHAPES = [
    (), (1,), (2,), (7,), (64,), (131,), (1000,), (0,), (3, 5), (1, 9), (17, 1), (8, 128), (33, 65), (2, 0, 3),
    (2, 3, 4), (5, 1, 7), (2, 31, 6), (1, 4, 6, 5), (2, 16, 7, 7), (1, 3, 13, 11), (2, 2, 3, 2, 5), (0, 4), (1, 1, 1),
    (4099,), (3, 2003), (509, 1), (1, 0, 2), (2, 1, 2, 1, 3, 2), (97, 89), (64, 257),
]  # fmt: skip
LARGE = [(65537,), (1 << 17,), (3, 40009), (1021, 127), (50000, 1), (7, 64, 64, 3)]
LARGEST = 1 << 17  # elements of a tensor
# float64 every device refuses; it is not drawn.
FLOAT_TYPES = ["float32", "float32", "float32", "float16", "bfloat16"]
OTHER_TYPES = ["int32", "int8", "int16", "int64", "uint8", "uint16", "uint32", "uint64", "bool"]


def fits(shape: Sequence[int]) -> bool:
    """Whether a tensor of `shape` is small enough."""
    return math.prod(shape) <= LARGEST


@dataclass
class Pool:
    """The tensors made so far. `exact` are those whose values are exact, so that a jump of them is no accident."""

    random: Random
    tensors: list[Var] = field(default_factory=list)
    exact: list[Var] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def leaf(self, shape: tuple[int, ...] | None = None, dtype: str | None = None) -> Var:
        """A tensor with values, a tenth of them constants for the compiler, or zeros."""
        shape = self.random.choice(LARGE if self.random.random() < 0.03 else SHAPES) if shape is None else shape
        dtype = dtype or self.random.choice(FLOAT_TYPES if self.random.random() < 0.6 else FLOAT_TYPES + OTHER_TYPES)
        values = np.random.default_rng(self.random.getrandbits(32))
        if dtype == "bool":
            data = values.random(shape) < 0.5
        elif dtype in FLOATS:
            data = values.integers(-64, 65, shape) / 16  # exact in every float type; ties and zeros occur
        else:
            data = values.integers(0 if dtype.startswith("u") else -100, 100, shape)
        constant = self.random.random() < 0.2
        var = mb.array(np.asarray(data).astype(numpy_dtype(dtype)), dtype, constant)
        self.exact.append(var)
        return self.keep(var, f"{dtype} leaf of shape {shape}")

    def ids(self, shape: tuple[int, ...], low: int, high: int) -> Var:
        """Integers of at least `low` and below `high`, in one of the types of indices; no tensor of the program."""
        values = [self.random.randrange(low, high) for _ in range(math.prod(shape))]
        return mb.array(np.array(values).reshape(shape), self.random.choice(["int32", "int32", "int64"]))

    def keep(self, var: Var, step: str) -> Var:
        self.tensors.append(var)
        self.steps.append(f"{len(self.tensors) - 1}: {step} -> {var.dtype}{list(var.shape)}")
        return var

    def moved(self, source: Var, result: Var) -> Var:
        """`result`, which is as exact as `source`, whose elements it holds."""
        if any(each is source for each in self.exact):
            self.exact.append(result)
        return result

    def pick(
        self, floats: bool = False, exact: bool = False, rank: int | None = None, dtypes: Sequence[str] = (),
        some: bool = False,
    ) -> Var | None:  # fmt: skip
        """A tensor made before, late ones more often; None if none fits. `some`: with a dimension and elements."""
        fitting = [
            v for v in (self.exact if exact else self.tensors)
            if (not floats or v.dtype in FLOATS) and (not dtypes or v.dtype in dtypes)
            and (rank is None or v.ndim == rank) and v.size <= LARGEST and not (some and (v.ndim == 0 or v.size == 0))
        ]  # fmt: skip
        if not fitting:
            return None
        return fitting[max(self.random.randrange(len(fitting)), self.random.randrange(len(fitting)))]

    def axis(self, x: Var) -> int:
        return self.random.randrange(x.ndim)

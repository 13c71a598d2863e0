"""Draws a program: a few leaves, some operators on earlier tensors, one to three outputs.

What is drawn stays comparable: arguments of `exp`, `log`, `/` are kept where they are well conditioned, and what jumps
(comparisons, `floor`, `round`) is drawn on leaves only, whose values are exact in every type.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import numpy as np

import metabang as mb
from metabang.fuzz import operators
from metabang.var import Var

SHAPES = [
    (), (1,), (2,), (7,), (64,), (131,), (1000,), (0,), (3, 5), (1, 9), (17, 1), (8, 128), (33, 65), (2, 0, 3),
    (2, 3, 4), (5, 1, 7), (2, 31, 6), (1, 4, 6, 5), (2, 16, 7, 7), (1, 3, 13, 11), (2, 2, 3, 2, 5),
]  # fmt: skip
FLOAT_TYPES = ["float32", "float32", "float32", "float16"]
OTHER_TYPES = ["int32", "int8", "int16", "uint8", "bool"]


@dataclass
class Drawn:
    """A program: `outputs` over leaves with values. `steps` tells in words how it was made."""

    seed: int | None
    outputs: list[Var]
    steps: list[str]


@dataclass
class Pool:
    """The tensors made so far. `exact` are those whose values are exact, so that a jump of them is no accident."""

    random: Random
    target: str
    tensors: list[Var] = field(default_factory=list)
    exact: list[Var] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def leaf(self, shape: tuple[int, ...] | None = None, dtype: str | None = None) -> Var:
        shape = self.random.choice(SHAPES) if shape is None else shape
        dtype = dtype or self.random.choice(FLOAT_TYPES + ([] if self.random.random() < 0.6 else OTHER_TYPES))
        values = np.random.default_rng(self.random.getrandbits(32))
        if dtype == "bool":
            data = values.random(shape) < 0.5
        elif dtype.startswith("float"):
            data = values.integers(-64, 65, shape) / 16  # exact in float16; ties and zeros occur
        else:
            data = values.integers(0 if dtype.startswith("u") else -100, 100, shape)
        var = mb.array(np.asarray(data).astype(dtype), constant=self.random.random() < 0.2)
        self.exact.append(var)
        return self.keep(var, f"{dtype} leaf of shape {shape}")

    def keep(self, var: Var, step: str) -> Var:
        self.tensors.append(var)
        self.steps.append(f"{len(self.tensors) - 1}: {step} -> {var.dtype}{list(var.shape)}")
        return var

    def pick(self, floats: bool = False, exact: bool = False, rank: int | None = None) -> Var | None:
        """A tensor made before, late ones more often; None if none fits."""
        source = self.exact if exact else self.tensors
        fitting = [
            v for v in source
            if (not floats or v.dtype.startswith("float")) and (rank is None or v.ndim == rank) and v.size <= 1 << 16
        ]  # fmt: skip
        if not fitting:
            return None
        return fitting[max(self.random.randrange(len(fitting)), self.random.randrange(len(fitting)))]


def draw(random: Random, target: str, seed: int | None = None) -> Drawn:
    """A program for `target`, which decides what is comparable there (int16 contractions, no integers on MLU2xx)."""
    pool = Pool(random, target)
    for _ in range(random.randint(1, 3)):
        pool.leaf()
    for _ in range(random.randint(1, 8)):
        name, operator = random.choice(operators.ALL)
        made = operator(pool)
        if made is not None:
            pool.keep(made, name)
    last, others = pool.tensors[-1], pool.tensors[:-1]
    outputs = [last, *random.sample(others, min(len(others), random.randint(0, 2)))]
    return Drawn(seed, outputs, pool.steps)

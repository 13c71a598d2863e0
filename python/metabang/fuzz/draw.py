"""Draws a program: a few leaves, some operators on earlier tensors, one to four outputs.

What is drawn stays comparable: arguments of `exp`, `log`, `/` are kept where they are well conditioned, and what jumps
(comparisons, `floor`, `round`) is drawn on leaves, whose values are exact in every type. What remains ill-conditioned,
such as a gradient through `tanh`, is judged by how far rounding alone moves it (judge.py).
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
    (2, 3, 4), (5, 1, 7), (2, 31, 6), (1, 4, 6, 5), (2, 16, 7, 7), (1, 3, 13, 11), (2, 2, 3, 2, 5), (0, 4), (1, 1, 1),
    (4099,), (3, 2003), (509, 1), (1, 0, 2), (2, 1, 2, 1, 3, 2), (97, 89), (64, 257),
]  # fmt: skip
LARGE = [(65537,), (1 << 17,), (3, 40009), (1021, 127), (50000, 1), (7, 64, 64, 3)]
FLOAT_TYPES = ["float32", "float32", "float32", "float16"]
OTHER_TYPES = ["int32", "int8", "int16", "int64", "uint8", "uint16", "uint32", "uint64", "bool"]


def float_types(target: str) -> list[str]:
    """What a float leaf may be on `target`; bfloat16 is refused before mtp_592, float64 everywhere."""
    return FLOAT_TYPES + (["bfloat16"] if target == "mtp_592" else [])


@dataclass
class Drawn:
    """A program: `outputs` over leaves with values. `steps` tells in words how it was made."""

    seed: int | None
    outputs: list[Var]
    steps: list[str]

    def told(self) -> Drawn:
        """The same without its graph, which no other process can have."""
        return Drawn(self.seed, [], self.steps)


@dataclass
class Pool:
    """The tensors made so far. `exact` are those whose values are exact, so that a jump of them is no accident."""

    random: Random
    target: str
    tensors: list[Var] = field(default_factory=list)
    exact: list[Var] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def leaf(self, shape: tuple[int, ...] | None = None, dtype: str | None = None) -> Var:
        shape = self.random.choice(LARGE if self.random.random() < 0.03 else SHAPES) if shape is None else shape
        floats = float_types(self.target)
        dtype = dtype or self.random.choice(floats if self.random.random() < 0.6 else floats + OTHER_TYPES)
        values = np.random.default_rng(self.random.getrandbits(32))
        if dtype == "bool":
            data = values.random(shape) < 0.5
        elif is_float(dtype):
            data = values.integers(-64, 65, shape) / 16  # exact in every float type; ties and zeros occur
        else:
            data = values.integers(0 if dtype.startswith("u") else -100, 100, shape)
        constant = self.random.random() < 0.2
        var = mb.array(np.asarray(data).astype("float32" if dtype == "bfloat16" else dtype), dtype, constant)
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
            if (not floats or is_float(v.dtype)) and (rank is None or v.ndim == rank) and v.size <= 1 << 17
        ]  # fmt: skip
        if not fitting:
            return None
        return fitting[max(self.random.randrange(len(fitting)), self.random.randrange(len(fitting)))]


def is_float(dtype: str) -> bool:
    return dtype.startswith(("float", "bfloat"))


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
    # Leaves and tensors on the way are outputs too, and some twice, or under another shape.
    outputs = [last, *random.sample(others, min(len(others), random.randint(0, 2)))]
    if random.random() < 0.1:
        alias = random.choice(outputs)
        outputs.append(alias if random.random() < 0.5 else mb.reshape(alias, (-1,) if alias.size else alias.shape))
    return Drawn(seed, outputs, pool.steps)

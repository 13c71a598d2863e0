"""Draws a program: a few leaves, some operators on earlier tensors, one to four outputs.

What is drawn stays comparable: arguments of `exp`, `log`, `/` are kept where they are well conditioned, and what jumps
(comparisons, `floor`, `round`) is drawn on tensors whose values are exact in every type. What remains ill-conditioned,
such as a gradient through `tanh`, is judged by how far rounding alone moves it (judge.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import metabang as mb
from metabang.fuzz import operators
from metabang.fuzz.pool import Pool
from metabang.var import Var

ATTEMPTS = 6  # operators that are tried in place of one that has no tensor to work on


@dataclass
class Drawn:
    """A program: `outputs` over leaves with values. `steps` tells in words how it was made."""

    seed: int | None
    outputs: list[Var]
    steps: list[str]

    def told(self) -> Drawn:
        """The same without its graph, which no other process can have."""
        return Drawn(self.seed, [], self.steps)


def draw(random: Random, seed: int | None = None) -> Drawn:
    """The program that `random` makes, which is `seed`'s; the same one for every device."""
    pool = Pool(random)
    for _ in range(random.randint(1, 3)):
        pool.leaf()
    for _ in range(random.randint(1, 8)):
        for _ in range(ATTEMPTS):
            operator = random.choice(operators.ALL)
            made = operator(pool)
            if made is not None:
                pool.keep(made, operator.__name__.rstrip("_"))
                break
    last, others = pool.tensors[-1], pool.tensors[:-1]
    # Leaves and tensors on the way are outputs too, and some twice, or under another shape.
    outputs = [last, *random.sample(others, min(len(others), random.randint(0, 2)))]
    if random.random() < 0.1:
        alias = random.choice(outputs)
        outputs.append(alias if random.random() < 0.5 else mb.reshape(alias, (-1,) if alias.size else alias.shape))
    return Drawn(seed, outputs, pool.steps)

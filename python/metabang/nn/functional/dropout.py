"""Dropout, drawn from a counter-based generator: the mask is a function of (seed, call), not of what ran before."""

import itertools

import numpy as np

import metabang as mb
from metabang.var import Var

_calls = itertools.count()
_seed = 0


def seed(value: int) -> None:
    """Restarts the masks: the calls that follow draw those of the first calls with this seed."""
    global _calls, _seed
    _seed, _calls = value, itertools.count()


def dropout(x: Var, p: float = 0.5, training: bool = True) -> Var:
    """Each element is zero with probability ``p``, and else ``x / (1 - p)``; x itself if not ``training``.

    The n-th call draws from Philox (Salmon et al. 2011) with the key (seed, n). Raises MetaBangError.
    """
    if not 0 <= p <= 1:
        raise mb.MetaBangError(f"the probability of dropout is between 0 and 1, not {p}")
    if not training or p == 0:
        return x
    if p == 1:
        return mb.zeros_like(x)
    draws = np.random.Generator(np.random.Philox(key=[_seed, next(_calls)])).random(x.shape, np.float32)
    return mb.select(mb.array(draws >= p), x / (1 - p), mb.zeros_like(x))

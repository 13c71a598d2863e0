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
    return _dropped(x, p, training, x.shape)


def dropout1d(x: Var, p: float = 0.5, training: bool = True) -> Var:
    """``dropout`` of whole channels of ``x`` [N, C, L]."""
    return _dropped(x, p, training, _by_channel(x, 3))


def dropout2d(x: Var, p: float = 0.5, training: bool = True) -> Var:
    """``dropout`` of whole channels of ``x`` [N, C, H, W] (Tompson et al. 2015)."""
    return _dropped(x, p, training, _by_channel(x, 4))


def dropout3d(x: Var, p: float = 0.5, training: bool = True) -> Var:
    """``dropout`` of whole channels of ``x`` [N, C, D, H, W]."""
    return _dropped(x, p, training, _by_channel(x, 5))


def _by_channel(x, rank):
    if x.ndim != rank:
        raise mb.ShapeError(f"dropout of channels needs an input of {rank} dimensions, not {x.shape}")
    return (*x.shape[:2], *[1] * (rank - 2))


def _dropped(x, p, training, shape):
    """With a draw for each element of ``shape``, which broadcasts to that of x."""
    if not 0 <= p <= 1:
        raise mb.MetaBangError(f"the probability of dropout is between 0 and 1, not {p}")
    if not training or p == 0:
        return x
    if p == 1:
        return mb.zeros_like(x)
    draws = np.random.Generator(np.random.Philox(key=[_seed, next(_calls)])).random(shape, np.float32)
    kept = mb.array(draws >= p)
    return mb.select(kept if shape == x.shape else mb.broadcast_to(kept, x.shape), x / (1 - p), mb.zeros_like(x))

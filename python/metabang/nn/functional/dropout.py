"""Dropout, drawn from a counter-based generator: the mask is a function of (seed, call), not of what ran before."""

import itertools

import numpy as np

import metabang as mb
from metabang.var import Var

_calls = itertools.count()
_seed = 0
_SELU_LIMIT = -1.0507009873554805 * 1.6732632423543772  # of selu towards -infinity


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


def alpha_dropout(x: Var, p: float = 0.5, training: bool = True) -> Var:
    """Dropout behind ``selu``: an element becomes selu's limit with probability ``p``, and all are scaled and shifted
    so that mean 0 and variance 1 stay (Klambauer et al. 2017). Draws and errors are those of ``dropout``."""
    if not _drops(p, training):
        return x
    if p == 1:
        return mb.zeros_like(x)
    scale = (1 - p + p * (1 - p) * _SELU_LIMIT**2) ** -0.5
    shift = -scale * p * _SELU_LIMIT
    return mb.select(_kept(x.shape, p), x * scale + shift, mb.full_like(x, _SELU_LIMIT * scale + shift))


def _by_channel(x, rank):
    if x.ndim != rank:
        raise mb.ShapeError(f"dropout of channels needs an input of {rank} dimensions, not {x.shape}")
    return (*x.shape[:2], *[1] * (rank - 2))


def _dropped(x, p, training, shape):
    """With a draw for each element of ``shape``, which broadcasts to that of x."""
    if not _drops(p, training):
        return x
    if p == 1:
        return mb.zeros_like(x)
    kept = _kept(shape, p)
    return mb.select(kept if shape == x.shape else mb.broadcast_to(kept, x.shape), x / (1 - p), mb.zeros_like(x))


def _drops(p, training):
    """Whether anything is dropped. Raises MetaBangError for what is no probability."""
    if not 0 <= p <= 1:
        raise mb.MetaBangError(f"the probability of dropout is between 0 and 1, not {p}")
    return training and p > 0


def draws(shape: tuple[int, ...]) -> np.ndarray:
    """float32 in [0, 1) of this call's generator."""
    return np.random.Generator(np.random.Philox(key=[_seed, next(_calls)])).random(shape, np.float32)


def _kept(shape, p):
    return mb.array(draws(shape) >= p)

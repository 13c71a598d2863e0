"""Initial values of parameters, drawn from one seeded generator so that a network is the same on every run."""

import math
from collections.abc import Sequence

import numpy as np

import metabang as mb
from metabang.arguments import checked

_generator = np.random.default_rng(0)


@checked
def seed(value: int) -> None:
    """Restarts the generator: networks built after equal seeds have equal weights. Raises MetaBangError below 0."""
    global _generator
    if value < 0:
        raise mb.MetaBangError(f"a seed is not negative, got {value}")
    _generator = np.random.default_rng(value)


def _sizes(shape: Sequence[int]) -> tuple[int, ...]:
    """The sizes of a parameter. Raises ShapeError if they are not positive, or make 2**31 elements."""
    if min(shape, default=1) < 1 or math.prod(map(int, shape)) >= 1 << 31:
        raise mb.ShapeError(f"a parameter of shape {tuple(shape)} needs positive sizes and less than 2**31 elements")
    return tuple(map(int, shape))


def zeros(shape: Sequence[int]) -> np.ndarray:
    """float32 zeros."""
    return np.zeros(_sizes(shape), np.float32)


def he_normal(shape: tuple[int, ...], fan: int) -> np.ndarray:
    """float32 normal values of variance ``2 / fan`` (He et al. 2015, for layers followed by a ReLU)."""
    return _generator.standard_normal(_sizes(shape), np.float32) * np.float32(math.sqrt(2 / fan))


def normal(shape: tuple[int, ...], scale: float = 1.0) -> np.ndarray:
    """float32 normal values of standard deviation ``scale``."""
    return _generator.standard_normal(_sizes(shape), np.float32) * np.float32(scale)


def uniform(shape: tuple[int, ...], bound: float) -> np.ndarray:
    """float32 values, uniform in [-bound, bound)."""
    return (_generator.random(_sizes(shape), np.float32) * 2 - 1) * np.float32(bound)

"""Initial values of parameters, drawn from one seeded generator so that a network is the same on every run."""

import math

import numpy as np

_generator = np.random.default_rng(0)


def seed(value: int) -> None:
    """Restarts the generator: networks built after equal seeds have equal weights."""
    global _generator
    _generator = np.random.default_rng(value)


def he_normal(shape: tuple[int, ...], fan: int) -> np.ndarray:
    """float32 normal values of variance ``2 / fan`` (He et al. 2015, for layers followed by a ReLU)."""
    return _generator.standard_normal(shape, np.float32) * np.float32(math.sqrt(2 / fan))


def normal(shape: tuple[int, ...], scale: float = 1.0) -> np.ndarray:
    """float32 normal values of standard deviation ``scale``."""
    return _generator.standard_normal(shape, np.float32) * np.float32(scale)


def uniform(shape: tuple[int, ...], bound: float) -> np.ndarray:
    """float32 values, uniform in [-bound, bound)."""
    return (_generator.random(shape, np.float32) * 2 - 1) * np.float32(bound)

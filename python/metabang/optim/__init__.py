"""Optimisers and learning-rate schedules, with PyTorch's names. An update is a graph: it runs on the device."""
# ruff: noqa: F401  what is imported here is the public interface

from metabang import arguments as _arguments
from metabang.optim.adam import Adam, AdamW
from metabang.optim.clip import clip_grad_norm, clip_grad_value
from metabang.optim.optimizer import Optimizer
from metabang.optim.schedule import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
    WarmupLR,
)
from metabang.optim.sgd import SGD

_arguments.check_public(globals())

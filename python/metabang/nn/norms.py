"""Normalisation layers. Running statistics are tensors of the graph: a training step computes them with the rest."""

from collections.abc import Sequence

import numpy as np

import metabang as mb
from metabang.nn import functional as F
from metabang.nn import init
from metabang.nn.module import Buffer, Module, Parameter
from metabang.nn.windows import positive
from metabang.var import Var


def _shape(size: int | Sequence[int]) -> tuple[int, ...]:
    return (int(size),) if isinstance(size, (int, np.integer)) else tuple(size)


def _vectors(size, affine):
    """Scale and shift of ``size`` features, an integer or several. Raises ShapeError for sizes below 1."""
    zeros = init.zeros(_shape(size))
    return (Parameter(zeros + 1), Parameter(zeros)) if affine else (None, None)


class BatchNorm2d(Module):
    """Normalises the channels of [N, C, ...]: by the running statistics, or in training by the batch's, which it then
    averages into the running ones by ``momentum`` (the running variance is the unbiased one, as in PyTorch)."""

    dimensions: tuple[int, ...] = (4,)

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True):
        self.weight, self.bias = _vectors(num_features, affine)
        self.running_mean = Buffer(init.zeros((num_features,)))
        self.running_var = Buffer(init.zeros((num_features,)) + 1)
        self.eps, self.momentum = eps, momentum

    def forward(self, x: Var) -> Var:
        if x.ndim not in self.dimensions:
            wanted = " or ".join(map(str, self.dimensions))
            raise mb.ShapeError(f"{type(self).__name__} needs an input of {wanted} dimensions, not {x.shape}")
        channels = self.running_mean.shape[0]
        if x.shape[1] != channels:
            raise mb.ShapeError(
                f"{type(self).__name__} of {channels} channels needs an input [N, {channels}, ...], not {x.shape}"
            )
        mean, var = self._batch_statistics(x) if self.training else (self.running_mean, self.running_var)
        return F.batch_norm(x, mean, var, self.weight, self.bias, self.eps)

    def _batch_statistics(self, x):
        axes = (0, *range(2, x.ndim))
        mean, var = x.mean(axes), x.var(axes)
        count = x.size // x.shape[1]
        if count < 2:
            raise mb.ShapeError(f"{type(self).__name__} in training needs several values a channel, got {x.shape}")
        for running, batch in ((self.running_mean, mean), (self.running_var, var * (count / (count - 1)))):
            running.update(running * (1 - self.momentum) + batch * self.momentum)
        return mean, var


class BatchNorm1d(BatchNorm2d):
    """``BatchNorm2d`` of [N, C] or [N, C, L]."""

    dimensions = (2, 3)


class BatchNorm3d(BatchNorm2d):
    """``BatchNorm2d`` of [N, C, D, H, W]."""

    dimensions = (5,)


class LayerNorm(Module):
    """Normalises over the last dimensions, which are ``normalized_shape``."""

    def __init__(self, normalized_shape: int | Sequence[int], eps: float = 1e-5, elementwise_affine: bool = True):
        self.normalized_shape = _shape(normalized_shape)
        self.weight, self.bias = _vectors(self.normalized_shape, elementwise_affine)
        self.eps = eps

    def forward(self, x: Var) -> Var:
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(Module):
    """x / sqrt(mean(x**2) + eps) over the last dimensions, which are ``normalized_shape``."""

    def __init__(self, normalized_shape: int | Sequence[int], eps: float = 2.0**-23, elementwise_affine: bool = True):
        self.normalized_shape = _shape(normalized_shape)
        self.weight, _ = _vectors(self.normalized_shape, elementwise_affine)
        self.eps = eps

    def forward(self, x: Var) -> Var:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)


class GroupNorm(Module):
    """Normalises groups of channels of [N, C, ...]."""

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True):
        positive(num_groups=num_groups, num_channels=num_channels)
        if num_channels % num_groups:
            raise mb.ShapeError(f"{num_channels} channels cannot be divided into {num_groups} groups")
        self.weight, self.bias = _vectors(num_channels, affine)
        self.num_groups, self.eps = num_groups, eps

    def forward(self, x: Var) -> Var:
        return F.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


class InstanceNorm2d(Module):
    """Normalises each channel of each image of [N, C, H, W]."""

    dimensions = 4

    def __init__(self, num_features: int, eps: float = 1e-5, affine: bool = False):
        self.weight, self.bias = _vectors(num_features, affine)
        self.eps = eps

    def forward(self, x: Var) -> Var:
        if x.ndim != self.dimensions:
            raise mb.ShapeError(f"{type(self).__name__} needs an input of {self.dimensions} dimensions, not {x.shape}")
        return F.instance_norm(x, self.weight, self.bias, self.eps)


class InstanceNorm1d(InstanceNorm2d):
    """``InstanceNorm2d`` of [N, C, L]."""

    dimensions = 3


class InstanceNorm3d(InstanceNorm2d):
    """``InstanceNorm2d`` of [N, C, D, H, W]."""

    dimensions = 5


class LocalResponseNorm(Module):
    """See ``functional.local_response_norm``."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
        positive(size=size)
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, x: Var) -> Var:
        return F.local_response_norm(x, self.size, self.alpha, self.beta, self.k)

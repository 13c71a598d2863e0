"""Layers with parameters. Each holds its tensors and calls its formula in ``functional``."""

import math

import numpy as np

from metabang.nn import functional as F
from metabang.nn import init
from metabang.nn.module import Buffer, Module, Parameter
from metabang.nn.windows import Padding, Pair, pair
from metabang.var import Var


class Conv2d(Module):
    """2-d convolution, NCHW; see ``functional.conv2d``. ``weight`` [out, in/groups, KH, KW], ``bias`` [out]."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Padding = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
    ):
        kernel = pair(kernel_size)
        shape = (out_channels, in_channels // groups, *kernel)
        self.weight = Parameter(init.he_normal(shape, fan=math.prod(shape[1:])))
        self.bias = Parameter(np.zeros(out_channels, np.float32)) if bias else None
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups

    def forward(self, x: Var) -> Var:
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Linear(Module):
    """``x @ weight.T + bias``; ``weight`` [out, in], ``bias`` [out]."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter(init.uniform((out_features, in_features), bound))
        self.bias = Parameter(init.uniform((out_features,), bound)) if bias else None

    def forward(self, x: Var) -> Var:
        return F.linear(x, self.weight, self.bias)


class BatchNorm2d(Module):
    """Normalises channels of NCHW: by the running statistics, or in training by the batch's, which it then averages
    into the running ones by ``momentum`` (the running variance is the unbiased one, as in PyTorch)."""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1):
        self.weight = Parameter(np.ones(num_features, np.float32))
        self.bias = Parameter(np.zeros(num_features, np.float32))
        self.running_mean = Buffer(np.zeros(num_features, np.float32))
        self.running_var = Buffer(np.ones(num_features, np.float32))
        self.eps, self.momentum = eps, momentum

    def forward(self, x: Var) -> Var:
        mean, var = self._batch_statistics(x) if self.training else (self.running_mean, self.running_var)
        return F.batch_norm(x, mean, var, self.weight, self.bias, self.eps)

    def _batch_statistics(self, x):
        mean = x.mean((0, 2, 3))
        var = x.var((0, 2, 3))
        count = x.size // x.shape[1]
        for running, batch in ((self.running_mean, mean), (self.running_var, var * (count / max(count - 1, 1)))):
            running.assign((running * (1 - self.momentum) + batch * self.momentum).numpy())
        return mean, var

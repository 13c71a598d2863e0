"""Pooling layers, NCHW."""

from metabang.nn import functional as F
from metabang.nn.module import Module
from metabang.nn.windows import Padding, Pair
from metabang.var import Var


class MaxPool2d(Module):
    """Maximum of windows; padding never wins."""

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, dilation: Pair = 1):
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride, padding, dilation

    def forward(self, x: Var) -> Var:
        return F.max_pool2d(x, self.kernel_size, self.stride, self.padding, self.dilation)


class AvgPool2d(Module):
    """Mean of windows; padding counts as zeros."""

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0):
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding

    def forward(self, x: Var) -> Var:
        return F.avg_pool2d(x, self.kernel_size, self.stride, self.padding)


class AdaptiveAvgPool2d(Module):
    """Mean of windows that divide the image into ``output_size``."""

    def __init__(self, output_size: Pair):
        self.output_size = output_size

    def forward(self, x: Var) -> Var:
        return F.adaptive_avg_pool2d(x, self.output_size)


class AdaptiveMaxPool2d(Module):
    """Maximum of windows that divide the image into ``output_size``."""

    def __init__(self, output_size: Pair):
        self.output_size = output_size

    def forward(self, x: Var) -> Var:
        return F.adaptive_max_pool2d(x, self.output_size)


class MaxPool1d(MaxPool2d):
    """``MaxPool2d`` of [N, C, L]."""

    def forward(self, x: Var) -> Var:
        return F.max_pool1d(x, self.kernel_size, self.stride, self.padding, self.dilation)


class AvgPool1d(AvgPool2d):
    """``AvgPool2d`` of [N, C, L]."""

    def forward(self, x: Var) -> Var:
        return F.avg_pool1d(x, self.kernel_size, self.stride, self.padding)

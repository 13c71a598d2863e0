"""Layers without parameters that map each element, and the ones that do nothing in evaluation."""

from metabang.nn import functional as F
from metabang.nn.module import Module
from metabang.var import Var


class ReLU(Module):
    """max(x, 0)."""

    def forward(self, x: Var) -> Var:
        return F.relu(x)


class ReLU6(Module):
    """min(max(x, 0), 6)."""

    def forward(self, x: Var) -> Var:
        return F.relu6(x)


class LeakyReLU(Module):
    """x where x >= 0, else ``negative_slope * x``."""

    def __init__(self, negative_slope: float = 0.01):
        self.negative_slope = negative_slope

    def forward(self, x: Var) -> Var:
        return F.leaky_relu(x, self.negative_slope)


class Sigmoid(Module):
    def forward(self, x: Var) -> Var:
        return F.sigmoid(x)


class Tanh(Module):
    def forward(self, x: Var) -> Var:
        return F.tanh(x)


class SiLU(Module):
    """x * sigmoid(x), also called swish."""

    def forward(self, x: Var) -> Var:
        return F.silu(x)


class GELU(Module):
    """x * Phi(x), by the error function (not the tanh approximation)."""

    def forward(self, x: Var) -> Var:
        return F.gelu(x)


class Hardswish(Module):
    """x * relu6(x + 3) / 6."""

    def forward(self, x: Var) -> Var:
        return F.hardswish(x)


class Softmax(Module):
    """exp(x) / sum(exp(x)) along ``axis``."""

    def __init__(self, axis: int = -1):
        self.axis = axis

    def forward(self, x: Var) -> Var:
        return F.softmax(x, self.axis)

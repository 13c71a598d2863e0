"""Stochastic gradient descent."""

import metabang as mb
from metabang.optim.optimizer import Optimizer


class SGD(Optimizer):
    """v = momentum * v + g + weight_decay * p; p -= lr * v (with `nesterov`: lr * (g + momentum * v)), as PyTorch's."""

    def __init__(self, parameters, lr: float, momentum: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False,
                 max_norm: float | None = None) -> None:  # fmt: skip
        if nesterov and not momentum:
            raise mb.MetaBangError("nesterov needs a momentum above 0")
        self.momentum, self.weight_decay, self.nesterov = momentum, weight_decay, nesterov
        super().__init__(parameters, lr, max_norm)

    def averages(self):
        return ("momentum",) if self.momentum else ()

    def update(self, p, g, state, lr):
        if self.weight_decay:
            g = g + p * self.weight_decay
        if self.momentum:
            v = state["momentum"] * self.momentum + g
            state = {"momentum": v}
            g = g + v * self.momentum if self.nesterov else v
        return p - g * lr, state

"""Stochastic gradient descent."""

import metabang as mb
from metabang.optim.optimizer import Optimizer


class SGD(Optimizer):
    """v = momentum * v + (1 - dampening) * (g + weight_decay * p), without dampening where v starts; p -= lr * v.

    With `nesterov` p -= lr * (g + momentum * v); with `maximize` g is turned round. All as PyTorch's.
    """

    def __init__(self, parameters, lr: float, momentum: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False,
                 max_norm: float | None = None, dampening: float = 0.0, maximize: bool = False) -> None:  # fmt: skip
        options = {"momentum": momentum, "weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(parameters, lr, max_norm, **options, dampening=dampening, maximize=maximize)
        self.started: list[dict] = []  # the groups that have an average

    def check(self, group):
        super().check(group)
        if group["nesterov"] and (not group["momentum"] or group["dampening"]):
            raise mb.MetaBangError("nesterov needs a momentum above 0 and no dampening")

    def averages(self, group):
        return ("momentum",) if group["momentum"] else ()

    def scalars(self, group):
        """share: what of the gradient goes into the average; all of it in the group's first step with a momentum."""
        if not group["momentum"]:
            return {}
        share = 1 - group["dampening"]
        if not any(group is each for each in self.started):
            self.started.append(group)
            share = 1
        return {"share": mb.array(share, "float32")} if group["dampening"] else {}

    def update(self, p, g, state, group, lr, share=1):
        if group["weight_decay"]:
            g = g + p * group["weight_decay"]
        if group["momentum"]:
            v = state["momentum"] * group["momentum"] + (g * share if group["dampening"] else g)
            state = {"momentum": v}
            g = g + v * group["momentum"] if group["nesterov"] else v
        return p - g * lr, state

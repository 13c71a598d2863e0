"""Adam and AdamW."""

import metabang as mb
from metabang.arguments import described, is_number
from metabang.optim.optimizer import Optimizer


class Adam(Optimizer):
    """Kingma and Ba 2014: m, s = averages of g and g**2; p -= lr * m' / (sqrt(s') + eps), m', s' without their bias.

    With `amsgrad` the largest s so far is in the place of s (Reddi et al. 2018); with `maximize` g is turned round.
    """

    decoupled = False

    def __init__(self, parameters, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0.0, max_norm: float | None = None, amsgrad: bool = False,
                 maximize: bool = False) -> None:  # fmt: skip
        options = {"betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad, "maximize": maximize}
        super().__init__(parameters, lr, max_norm, **options)

    def check(self, group):
        super().check(group)
        betas = group["betas"]
        if not isinstance(betas, (tuple, list)) or len(betas) != 2 or not all(map(is_number, betas)):
            raise mb.DTypeError(f"betas are a pair of numbers, such as (0.9, 0.999), got {described(betas)}")
        if not all(0 <= b < 1 for b in betas):
            raise mb.MetaBangError(f"betas are at least 0 and below 1, got {betas}")

    def averages(self, group):
        return ("m", "s", "largest") if group["amsgrad"] else ("m", "s")

    def update(self, p, g, state, group, lr, first, second):
        decay = group["weight_decay"]
        if decay and not self.decoupled:
            g = g + p * decay
        b1, b2 = group["betas"]
        m = state["m"] * b1 + g * (1 - b1)
        s = state["s"] * b2 + g * g * (1 - b2)
        if decay and self.decoupled:
            p = p - p * (lr * decay)
        new = {"m": m, "s": s}
        if group["amsgrad"]:
            s = new["largest"] = mb.maximum(state["largest"], s)
        return p - m * (lr * first) / (mb.sqrt(s) * second + group["eps"]), new

    def scalars(self, group):
        """1 / (1 - b1**t) and 1 / sqrt(1 - b2**t)."""
        b1, b2 = (1 - b**self.steps for b in group["betas"])
        return {"first": mb.array(1 / b1, "float32"), "second": mb.array(b2**-0.5, "float32")}


class AdamW(Adam):
    """Adam whose weight decay acts on the parameters alone: p -= lr * weight_decay * p (Loshchilov and Hutter 2017)."""

    decoupled = True

    def __init__(self, parameters, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 1e-2, max_norm: float | None = None, amsgrad: bool = False,
                 maximize: bool = False) -> None:  # fmt: skip
        super().__init__(parameters, lr, betas, eps, weight_decay, max_norm, amsgrad, maximize)

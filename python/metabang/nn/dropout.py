import numpy as np

import metabang as mb
from metabang.nn import init
from metabang.nn.module import Module
from metabang.var import Var


class Dropout(Module):
    """Identity in evaluation; in training each element is zero with probability ``p``, and else ``x / (1 - p)``."""

    def __init__(self, p: float = 0.5):
        self.p = p

    def forward(self, x: Var) -> Var:
        if not self.training or self.p == 0:
            return x
        keep = np.abs(init.uniform(x.shape, 1)) >= self.p
        return mb.select(mb.array(keep), x / (1 - self.p), mb.zeros_like(x))

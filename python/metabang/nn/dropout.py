"""Dropout as a module. ``seed`` restarts its masks."""

import metabang as mb
from metabang.nn import functional as F
from metabang.nn.functional.dropout import seed  # noqa: F401  part of the interface
from metabang.nn.module import Module
from metabang.var import Var


class Dropout(Module):
    """Identity in evaluation, ``functional.dropout`` in training."""

    formula = staticmethod(F.dropout)

    def __init__(self, p: float = 0.5):
        if not 0 <= p <= 1:
            raise mb.MetaBangError(f"the probability of {type(self).__name__} is between 0 and 1, not {p}")
        self.p = p

    def forward(self, x: Var) -> Var:
        return self.formula(x, self.p, self.training)


class Dropout1d(Dropout):
    """See ``functional.dropout1d``."""

    formula = staticmethod(F.dropout1d)


class Dropout2d(Dropout):
    """See ``functional.dropout2d``."""

    formula = staticmethod(F.dropout2d)


class Dropout3d(Dropout):
    """See ``functional.dropout3d``."""

    formula = staticmethod(F.dropout3d)


class AlphaDropout(Dropout):
    """See ``functional.alpha_dropout``."""

    formula = staticmethod(F.alpha_dropout)

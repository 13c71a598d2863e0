"""Losses as modules: each calls its formula in ``functional``. ``reduction``: "mean", "sum" or "none"."""

from metabang.nn import functional as F
from metabang.nn.module import Module
from metabang.var import Var


class _Loss(Module):
    formula: staticmethod

    def __init__(self, reduction: str = "mean", **options):
        self.options = {"reduction": reduction, **options}

    def forward(self, x: Var, target: Var) -> Var:
        return self.formula(x, target, **self.options)


class MSELoss(_Loss):
    """(x - target)**2."""

    formula = staticmethod(F.mse_loss)


class L1Loss(_Loss):
    """|x - target|."""

    formula = staticmethod(F.l1_loss)


class HuberLoss(_Loss):
    """See ``functional.huber_loss``; option ``delta``."""

    formula = staticmethod(F.huber_loss)


class SmoothL1Loss(_Loss):
    """See ``functional.smooth_l1_loss``; option ``beta``."""

    formula = staticmethod(F.smooth_l1_loss)


class CrossEntropyLoss(_Loss):
    """See ``functional.cross_entropy``; options ``ignore_index``, ``label_smoothing``."""

    formula = staticmethod(F.cross_entropy)


class BCELoss(_Loss):
    """See ``functional.binary_cross_entropy``."""

    formula = staticmethod(F.binary_cross_entropy)


class BCEWithLogitsLoss(_Loss):
    """See ``functional.binary_cross_entropy_with_logits``."""

    formula = staticmethod(F.binary_cross_entropy_with_logits)

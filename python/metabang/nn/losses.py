"""Losses as modules: each calls its formula in ``functional``. ``reduction``: "mean", "sum" or "none"."""

import inspect
from collections.abc import Sequence

from metabang.errors import DTypeError
from metabang.nn import functional as F
from metabang.nn.module import Module
from metabang.var import Var


class _Loss(Module):
    formula: staticmethod

    def __init__(self, reduction: str = "mean", **options):
        parameters = inspect.signature(self.formula).parameters.values()
        known = [each.name for each in parameters if each.default is not each.empty]
        for name in options:
            if name not in known:
                raise DTypeError(f"{type(self).__name__} has no option '{name}'; it has {', '.join(known)}")
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
    """See ``functional.cross_entropy``; options ``ignore_index``, ``label_smoothing``, ``weight``."""

    formula = staticmethod(F.cross_entropy)


class NLLLoss(_Loss):
    """See ``functional.nll_loss``; options ``ignore_index``, ``weight``."""

    formula = staticmethod(F.nll_loss)


class KLDivLoss(_Loss):
    """See ``functional.kl_div``; ``reduction`` may be "batchmean"."""

    formula = staticmethod(F.kl_div)


class PoissonNLLLoss(_Loss):
    """See ``functional.poisson_nll_loss``; options ``log_input``, ``full``, ``eps``."""

    formula = staticmethod(F.poisson_nll_loss)


class SoftMarginLoss(_Loss):
    """See ``functional.soft_margin_loss``."""

    formula = staticmethod(F.soft_margin_loss)


class HingeEmbeddingLoss(_Loss):
    """See ``functional.hinge_embedding_loss``; option ``margin``."""

    formula = staticmethod(F.hinge_embedding_loss)


class BCELoss(_Loss):
    """See ``functional.binary_cross_entropy``; option ``weight``."""

    formula = staticmethod(F.binary_cross_entropy)


class BCEWithLogitsLoss(_Loss):
    """See ``functional.binary_cross_entropy_with_logits``; options ``weight``, ``pos_weight``."""

    formula = staticmethod(F.binary_cross_entropy_with_logits)


class MultiMarginLoss(_Loss):
    """See ``functional.multi_margin_loss``; options ``p``, ``margin``, ``weight``."""

    formula = staticmethod(F.multi_margin_loss)


class MultiLabelSoftMarginLoss(_Loss):
    """See ``functional.multilabel_soft_margin_loss``; option ``weight``."""

    formula = staticmethod(F.multilabel_soft_margin_loss)


class CTCLoss(_Loss):
    """See ``functional.ctc_loss``; options ``blank``, ``zero_infinity``."""

    formula = staticmethod(F.ctc_loss)

    def forward(
        self, log_probs: Var, targets: Var, input_lengths: Var | Sequence[int], target_lengths: Var | Sequence[int]
    ) -> Var:
        return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, **self.options)


class _OfThree(_Loss):
    def forward(self, a: Var, b: Var, c: Var) -> Var:
        return self.formula(a, b, c, **self.options)


class GaussianNLLLoss(_OfThree):
    """Of x, target and var, see ``functional.gaussian_nll_loss``; options ``full``, ``eps``."""

    formula = staticmethod(F.gaussian_nll_loss)


class MarginRankingLoss(_OfThree):
    """Of a, b and target, see ``functional.margin_ranking_loss``; option ``margin``."""

    formula = staticmethod(F.margin_ranking_loss)


class CosineEmbeddingLoss(_OfThree):
    """Of a, b and target, see ``functional.cosine_embedding_loss``; option ``margin``."""

    formula = staticmethod(F.cosine_embedding_loss)


class TripletMarginLoss(_OfThree):
    """Of anchor, positive and negative, see ``functional.triplet_margin_loss``; options ``margin``, ``p``, ``swap``."""

    formula = staticmethod(F.triplet_margin_loss)

"""Losses. ``reduction``: "mean", "sum" or "none"."""

import metabang as mb
from metabang.nn.functional.activation import log_softmax
from metabang.nn.functional.sparse import one_hot
from metabang.var import Var


def mse_loss(x: Var, target: Var, reduction: str = "mean") -> Var:
    """(x - target)**2."""
    return _reduced(mb.square(_difference(x, target)), reduction)


def l1_loss(x: Var, target: Var, reduction: str = "mean") -> Var:
    """|x - target|."""
    return _reduced(mb.abs(_difference(x, target)), reduction)


def huber_loss(x: Var, target: Var, delta: float = 1.0, reduction: str = "mean") -> Var:
    """d**2 / 2 where |d| <= delta, else delta * (|d| - delta / 2)."""
    d = mb.abs(_difference(x, target))
    small = mb.minimum(d, delta)
    return _reduced(small * (d - small * 0.5), reduction)


def smooth_l1_loss(x: Var, target: Var, beta: float = 1.0, reduction: str = "mean") -> Var:
    """huber_loss / beta; l1_loss for beta 0."""
    return l1_loss(x, target, reduction) if beta == 0 else huber_loss(x, target, beta, reduction) / beta


def nll_loss(x: Var, target: Var, reduction: str = "mean", ignore_index: int = -100) -> Var:
    """-x[n, target[n], …] for log-probabilities ``x`` [N, C, ...] and classes ``target`` [N, ...] (integers).

    Classes equal to ``ignore_index`` count nowhere; the mean is over the others.
    """
    if x.ndim != target.ndim + 1 or (x.shape[0], *x.shape[2:]) != target.shape:
        raise mb.ShapeError(f"classes of shape [N, ...] go with an input [N, C, ...], got {target.shape} and {x.shape}")
    chosen = one_hot(target, x.shape[1], axis=1, dtype=x.dtype)
    losses = -mb.sum(x * chosen, 1)
    if reduction != "mean":
        return _reduced(losses, reduction)
    return mb.sum(losses) / mb.sum((target != ignore_index).astype(x.dtype))


def cross_entropy(
    x: Var, target: Var, reduction: str = "mean", ignore_index: int = -100, label_smoothing: float = 0.0
) -> Var:
    """-log(softmax(x))[target] for logits ``x`` [N, C, ...].

    ``target``: classes [N, ...] (integers), or probabilities [N, C, ...].
    """
    if x.ndim < 2:
        raise mb.ShapeError(f"cross_entropy needs logits of shape [N, C, ...], got {x.shape}")
    logarithms = log_softmax(x, 1)
    if target.dtype in ("float16", "bfloat16", "float32", "float64"):
        if label_smoothing:
            target = target * (1 - label_smoothing) + label_smoothing / x.shape[1]
        losses = -mb.sum(logarithms * target, 1)
        return mb.mean(losses) if reduction == "mean" else _reduced(losses, reduction)
    hard = nll_loss(logarithms, target, reduction, ignore_index)
    if not label_smoothing:
        return hard
    kept = (target != ignore_index).astype(x.dtype)
    spread = -mb.mean(logarithms, 1) * kept
    spread = mb.sum(spread) / mb.sum(kept) if reduction == "mean" else _reduced(spread, reduction)
    return hard * (1 - label_smoothing) + spread * label_smoothing


def binary_cross_entropy(x: Var, target: Var, reduction: str = "mean") -> Var:
    """-(t log x + (1 - t) log(1 - x)) for probabilities; logarithms are at least -100, as in PyTorch."""
    yes, no = (mb.maximum(mb.log(p), -100.0) for p in (x, 1 - x))
    return _reduced(-(target * yes + (1 - target) * no), reduction)


def binary_cross_entropy_with_logits(x: Var, target: Var, reduction: str = "mean") -> Var:
    """binary_cross_entropy(sigmoid(x), target), as max(x, 0) - x t + log(1 + exp(-|x|))."""
    return _reduced(mb.maximum(x, 0) - x * target + mb.log(mb.exp(-mb.abs(x)) + 1), reduction)


def kl_div(x: Var, target: Var, reduction: str = "mean") -> Var:
    """target * (log(target) - x) for log-probabilities ``x``; 0 where target is 0. "batchmean": the sum over N."""
    positive = mb.where(target > 0, target, 1.0)
    losses = target * (mb.log(positive) - x)
    return mb.sum(losses) / x.shape[0] if reduction == "batchmean" else _reduced(losses, reduction)


def _difference(x, target):
    if x.shape != target.shape:
        raise mb.ShapeError(f"a loss needs a target of the input's shape {x.shape}, not {target.shape}")
    return x - target


def _reduced(losses, reduction):
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise mb.MetaBangError(f"reduction is 'mean', 'sum' or 'none', not '{reduction}'")
    return mb.mean(losses) if reduction == "mean" else mb.sum(losses)

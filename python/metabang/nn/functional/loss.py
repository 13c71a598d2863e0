"""Losses. ``reduction``: "mean", "sum" or "none". A target of another shape than the input's is a ShapeError,
as are weights of classes that are not one for each."""

import math

import metabang as mb
from metabang.nn.functional.activation import log_softmax, softplus
from metabang.nn.functional.distance import cosine_similarity, pairwise_distance
from metabang.nn.functional.sparse import one_hot
from metabang.nn.windows import channels
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


def nll_loss(x: Var, target: Var, reduction: str = "mean", ignore_index: int = -100, weight: Var | None = None) -> Var:
    """-weight[target[n]] * x[n, target[n], …] for log-probabilities ``x`` [N, C, ...] and classes ``target`` [N, ...]
    (integers). ``weight`` [C] is 1 by default.

    Classes equal to ``ignore_index`` count nowhere; the mean is the sum over the sum of the others' weights.
    """
    if x.ndim != target.ndim + 1 or (x.shape[0], *x.shape[2:]) != target.shape:
        raise mb.ShapeError(f"classes of shape [N, ...] go with an input [N, C, ...], got {target.shape} and {x.shape}")
    weights = _class_weights(x, target, ignore_index, weight)
    return _weighted(-_chosen(x, target) * weights, weights, reduction)


def cross_entropy(
    x: Var, target: Var, reduction: str = "mean", ignore_index: int = -100, label_smoothing: float = 0.0,
    weight: Var | None = None,
) -> Var:  # fmt: skip
    """-log(softmax(x))[target] for logits ``x`` [N, C, ...].

    ``target``: classes [N, ...] (integers), see ``nll_loss``, or probabilities [N, C, ...]. ``weight`` [C]: of the
    classes. ``label_smoothing``: the share of the target that is spread over all classes (Szegedy et al. 2015).
    """
    if x.ndim < 2:
        raise mb.ShapeError(f"cross_entropy needs logits of shape [N, C, ...], got {x.shape}")
    logarithms = log_softmax(x, 1)
    if target.dtype in ("float16", "bfloat16", "float32", "float64"):
        if label_smoothing:
            target = target * (1 - label_smoothing) + label_smoothing / x.shape[1]
        return _reduced(-mb.sum(_by_class(logarithms, weight) * target, 1), reduction)
    hard = nll_loss(logarithms, target, reduction, ignore_index, weight)
    if not label_smoothing:
        return hard
    spread = mb.where(target != ignore_index, -mb.mean(_by_class(logarithms, weight), 1), 0.0)
    spread = _weighted(spread, _class_weights(x, target, ignore_index, weight), reduction)
    return hard * (1 - label_smoothing) + spread * label_smoothing


def binary_cross_entropy(x: Var, target: Var, reduction: str = "mean", weight: Var | None = None) -> Var:
    """-(t log x + (1 - t) log(1 - x)) for probabilities; logarithms are at least -100, as in PyTorch.

    ``weight`` broadcasts to the losses and multiplies them.
    """
    _same(x, target)
    yes, no = (mb.maximum(mb.log(p), -100.0) for p in (x, 1 - x))
    losses = -(target * yes + (1 - target) * no)
    return _reduced(losses if weight is None else losses * weight, reduction)


def binary_cross_entropy_with_logits(
    x: Var, target: Var, reduction: str = "mean", weight: Var | None = None, pos_weight: Var | None = None
) -> Var:
    """binary_cross_entropy(sigmoid(x), target), as (1 - t) x + (1 + (pos_weight - 1) t) softplus(-x).

    ``pos_weight`` broadcasts to the targets and multiplies the losses of the positive ones.
    """
    _same(x, target)
    positive = 1 if pos_weight is None else (pos_weight - 1) * target + 1
    losses = (1 - target) * x + positive * softplus(-x)
    return _reduced(losses if weight is None else losses * weight, reduction)


def kl_div(x: Var, target: Var, reduction: str = "mean") -> Var:
    """target * (log(target) - x) for log-probabilities ``x``; 0 where target is 0. "batchmean": the sum over N."""
    _same(x, target)
    positive = mb.where(target > 0, target, 1.0)
    losses = target * (mb.log(positive) - x)
    return mb.sum(losses) / x.shape[0] if reduction == "batchmean" else _reduced(losses, reduction)


def poisson_nll_loss(
    x: Var, target: Var, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
) -> Var:
    """exp(x) - target * x, or x - target * log(x + eps) without ``log_input``.

    ``full`` adds Stirling's t log(t) - t + log(2 pi t) / 2 where the target t is above 1.
    """
    _same(x, target)
    losses = mb.exp(x) - target * x if log_input else x - target * mb.log(x + eps)
    if full:
        t = mb.maximum(target, 1.0)
        losses = losses + mb.where(target > 1, t * mb.log(t) - t + mb.log(t * (2 * math.pi)) * 0.5, 0.0)
    return _reduced(losses, reduction)


def gaussian_nll_loss(
    x: Var, target: Var, var: Var, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Var:
    """(log(v) + (x - target)**2 / v) / 2 with v = max(var, eps), through whose limit the gradient passes.

    ``var`` has the shape of ``x``, 1 for its last dimension, or none. ``full`` adds log(2 pi) / 2.
    """
    if var.shape == x.shape[:-1] != x.shape:
        var = mb.unsqueeze(var, -1)
    if var.shape not in (x.shape, (*x.shape[:-1], 1)):
        raise mb.ShapeError(
            f"a variance for each element of {x.shape}, or one for each row, has not the shape {var.shape}"
        )
    v = var + (mb.maximum(var, eps) - var).detach()
    losses = (mb.log(v) + mb.square(_difference(x, target)) / v) * 0.5
    return _reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def soft_margin_loss(x: Var, target: Var, reduction: str = "mean") -> Var:
    """log(1 + exp(-target * x)) for targets -1 and 1."""
    _same(x, target)
    return _reduced(softplus(-target * x), reduction)


def hinge_embedding_loss(x: Var, target: Var, margin: float = 1.0, reduction: str = "mean") -> Var:
    """x where the target is 1, max(0, margin - x) where it is -1."""
    _same(x, target)
    return _reduced(mb.where(target == 1, x, 0.0) + mb.where(target == -1, mb.relu(margin - x), 0.0), reduction)


def margin_ranking_loss(a: Var, b: Var, target: Var, margin: float = 0.0, reduction: str = "mean") -> Var:
    """max(0, -target * (a - b) + margin): with target 1 a should be larger by the margin, with -1 b."""
    if not a.ndim == b.ndim == target.ndim:
        raise mb.ShapeError(
            f"margin_ranking_loss needs operands of as many dimensions, got {a.shape}, {b.shape} and {target.shape}"
        )
    return _reduced(mb.relu(-target * (a - b) + margin), reduction)


def cosine_embedding_loss(a: Var, b: Var, target: Var, margin: float = 0.0, reduction: str = "mean") -> Var:
    """1 - cos(a, b) where the target is 1, max(0, cos(a, b) - margin) where it is -1; a, b [..., D], target [...]."""
    _same(a, b)
    if target.shape != a.shape[:-1]:
        raise mb.ShapeError(
            f"cosine_embedding_loss needs a target of shape {a.shape[:-1]}, one a row, not {target.shape}"
        )
    cosine = cosine_similarity(a, b, -1)
    return _reduced(mb.where(target == 1, 1 - cosine, mb.relu(cosine - margin)), reduction)


def triplet_margin_loss(
    anchor: Var, positive: Var, negative: Var, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6,
    swap: bool = False, reduction: str = "mean",
) -> Var:  # fmt: skip
    """max(0, |anchor - positive| - |anchor - negative| + margin) of the ``pairwise_distance``.

    ``swap``: the negative's distance is the smaller of those to the anchor and to the positive.
    """
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise mb.ShapeError(
            "triplet_margin_loss needs operands of as many dimensions, got "
            f"{anchor.shape}, {positive.shape} and {negative.shape}"
        )
    near, far = (pairwise_distance(anchor, each, p, eps) for each in (positive, negative))
    if swap:
        far = mb.minimum(far, pairwise_distance(positive, negative, p, eps))
    return _reduced(mb.relu(near - far + margin), reduction)


def multi_margin_loss(
    x: Var, target: Var, p: int = 1, margin: float = 1.0, weight: Var | None = None, reduction: str = "mean"
) -> Var:
    """The mean over classes c != target of max(0, margin - x[target] + x[c])**p, times ``weight`` [C] at the target.

    ``x`` [N, C], ``target`` integers [N]; p is 1 or 2. The sum is divided by C, as in PyTorch.
    """
    if x.ndim != 2 or target.shape != x.shape[:1]:
        raise mb.ShapeError(f"multi_margin_loss needs an input [N, C] and classes [N], not {x.shape}, {target.shape}")
    if p not in (1, 2):
        raise mb.MetaBangError(f"multi_margin_loss has the power 1 or 2, not {p}")
    excess = mb.relu(x - mb.unsqueeze(_chosen(x, target), 1) + margin)
    others = mb.where(one_hot(target, x.shape[1], dtype="bool"), 0.0, excess if p == 1 else mb.square(excess))
    losses = mb.sum(others, 1) / x.shape[1]
    if weight is not None:
        losses = losses * _chosen(mb.broadcast_to(_of_classes(weight, x), x.shape), target)
    return _reduced(losses, reduction)


def multilabel_soft_margin_loss(x: Var, target: Var, weight: Var | None = None, reduction: str = "mean") -> Var:
    """binary_cross_entropy_with_logits of each of C labels, times ``weight`` [C], averaged over the last dimension."""
    losses = binary_cross_entropy_with_logits(x, target, "none", weight)
    return _reduced(mb.mean(losses, -1), reduction)


def _class_weights(x, target, ignore_index, weight):
    """[N, ...]: the weight of each target's class, 0 where it is ignored."""
    kept = (target != ignore_index).astype(x.dtype)
    if weight is None:
        return kept
    return _chosen(mb.broadcast_to(_of_classes(weight, x), x.shape), target) * kept


def _chosen(x, target):
    """x[n, target[n], …] of x [N, C, ...], 0 for a class that is none: a selection and a sum, where elements fetched
    one by one would be slow."""
    return mb.sum(mb.where(one_hot(target, x.shape[1], axis=1, dtype="bool"), x, 0.0), 1)


def _by_class(x, weight):
    return x if weight is None else x * _of_classes(weight, x)


def _of_classes(weight, x):
    """A weight for each class of ``x`` [N, C, ...], as [1, C, 1, …]."""
    if weight.shape != x.shape[1:2]:
        raise mb.ShapeError(f"`weight` has one number for each of {x.shape[1]} classes, got the shape {weight.shape}")
    return channels(weight, x.ndim)


def _weighted(losses, weights, reduction):
    if reduction != "mean":
        return _reduced(losses, reduction)
    if losses.dtype not in ("float16", "bfloat16"):
        return mb.sum(losses) / mb.sum(weights)
    # Sums of many elements leave float16, and counts above 2048 are not exact in it.
    total, count = (mb.sum(each.astype("float32")) for each in (losses, weights))
    return (total / count).astype(losses.dtype)


def _same(x, target):
    if x.shape != target.shape:
        raise mb.ShapeError(f"a loss needs a target of the input's shape {x.shape}, not {target.shape}")


def _difference(x, target):
    _same(x, target)
    return x - target


def _reduced(losses, reduction):
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise mb.MetaBangError(f"reduction is 'mean', 'sum' or 'none', not '{reduction}'")
    return mb.mean(losses) if reduction == "mean" else mb.sum(losses)

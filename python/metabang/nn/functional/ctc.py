"""Connectionist temporal classification."""

from collections.abc import Sequence

import numpy as np

import metabang as mb
from metabang.nn.functional.sparse import is_known, one_hot
from metabang.var import Var

_IMPOSSIBLE = -1e30  # the logarithm of 0: finite, so that no difference of two of them is NaN


def ctc_loss(
    log_probs: Var, targets: Var, input_lengths: Var | Sequence[int], target_lengths: Var | Sequence[int],
    blank: int = 0, reduction: str = "mean", zero_infinity: bool = False,
) -> Var:  # fmt: skip
    """-log of the probability of all alignments of ``targets`` (Graves et al. 2006), by the forward recursion over T.

    ``log_probs`` [T, N, C], logarithms of probabilities of classes; ``targets`` integers [N, S], of which the first
    ``target_lengths`` [N] count, or all targets one after the other, [sum of lengths], whose lengths are known; of each
    sequence the first ``input_lengths`` [N] steps count. A target that has no alignment, or holds a class that is none,
    costs infinity, or 0 with ``zero_infinity``. "mean" divides each loss by the length of its target first. The
    sequence is unrolled: the graph has T steps. Raises ShapeError, MetaBangError, and BoundsError for lengths beyond T
    or S and for targets that are the blank or no class, where their values are known.
    """
    if reduction not in ("mean", "sum", "none"):
        raise mb.MetaBangError(f"reduction is 'mean', 'sum' or 'none', not '{reduction}'")
    if log_probs.ndim == 3 and targets.ndim == 1 and 0 not in log_probs.shape:
        targets = _padded(targets, target_lengths, log_probs.shape[1])
    if log_probs.ndim != 3 or targets.ndim != 2 or targets.shape[0] != log_probs.shape[1] or 0 in log_probs.shape:
        raise mb.ShapeError(
            "ctc_loss needs log_probs [T, N, C] and targets [N, S] or [sum of target_lengths], "
            f"not {log_probs.shape} and {targets.shape}"
        )
    (T, N, C), S = log_probs.shape, targets.shape[1]
    if not 0 <= blank < C:
        raise mb.BoundsError(f"the blank {blank} is none of {C} classes")
    times, lengths = _lengths(input_lengths, N, T, "input"), _lengths(target_lengths, N, S, "target")
    _check_classes(targets, lengths, C, blank)
    times, lengths = times.astype("int32"), lengths.astype("int32")
    # Blanks around and between the labels: 2S + 1 states.
    labels = mb.pad(mb.unsqueeze(targets.astype("int32"), -1), (0, 0, 1), (0, 0, 0), blank).reshape(N, 2 * S)
    labels = mb.pad(labels, (0, 0), (0, 1), blank)
    states = 2 * S + 1
    before = mb.pad(labels, (0, 2), (0, 0), blank)[:, :states]
    skips = mb.logical_and(labels != blank, labels != before)
    chosen = one_hot(labels, C, dtype="bool")  # [N, states, C]
    absent = mb.where(mb.logical_or(labels < 0, labels >= C), _IMPOSSIBLE, 0.0)
    place = mb.index((N, states), 1)
    x = log_probs.astype("float32")

    def emitted(t):
        return mb.sum(mb.where(chosen, mb.unsqueeze(x[t], 1), 0.0), -1) + absent

    def moved(alpha, by):
        return mb.pad(alpha, (0, by), (0, 0), _IMPOSSIBLE)[:, :states]

    alpha = mb.where(place < 2, mb.maximum(emitted(0), _IMPOSSIBLE), _IMPOSSIBLE)
    # No step emits nothing, with certainty.
    alpha = mb.where(mb.unsqueeze(times > 0, -1), alpha, mb.where(place == 0, 0.0, _IMPOSSIBLE))
    for t in range(1, T):
        step = emitted(t) + _log_sum(alpha, moved(alpha, 1), mb.where(skips, moved(alpha, 2), _IMPOSSIBLE))
        alpha = mb.where(mb.unsqueeze(times > t, -1), mb.maximum(step, _IMPOSSIBLE), alpha)
    last = mb.unsqueeze(lengths * 2, -1)
    ends = (mb.max(mb.where(place == last - k, alpha, _IMPOSSIBLE), 1) for k in (0, 1))
    losses = -_log_sum(*ends)
    losses = mb.where(losses < -0.5 * _IMPOSSIBLE, losses, 0.0 if zero_infinity else float("inf"))
    if reduction == "mean":
        return mb.mean(losses / mb.maximum(lengths, 1).astype("float32"))
    return mb.sum(losses) if reduction == "sum" else losses


def _log_sum(*terms):
    """log of the sum of the exponentials; the largest is 0 behind the difference, so its logarithm is finite."""
    largest = terms[0]
    for term in terms[1:]:
        largest = mb.maximum(largest, term)
    largest = largest.detach()
    total = sum(mb.exp(term - largest) for term in terms)
    return mb.log(total) + largest


def _lengths(value, count, most, name):
    """[count]: the lengths of inputs or targets, which are 0 to ``most``."""
    value = value if isinstance(value, Var) else mb.array(value, "int32")
    if value.shape != (count,):
        raise mb.ShapeError(f"{name}_lengths has one number for each of {count} sequences, not the shape {value.shape}")
    if is_known(value):
        for length in value.tolist():
            if not 0 <= length <= most:
                raise mb.BoundsError(f"{name}_lengths are 0 to {most}, the padded length, got {length}")
    return value


def _padded(targets, lengths, count):
    """[count, longest] of targets that follow one another."""
    lengths = _lengths(lengths, count, targets.size, "target")
    if not is_known(lengths):
        raise mb.MetaBangError("ctc_loss needs target_lengths with values where targets are concatenated; or pad them")
    ends = np.cumsum(lengths.numpy())
    if ends[-1] != targets.size:
        raise mb.ShapeError(f"{targets.size} concatenated targets need lengths of this sum, not of {ends[-1]}")
    place = np.arange(lengths.numpy().max(initial=0))
    places = (ends - lengths.numpy())[:, None] + place
    if is_known(targets):
        rows = np.append(targets.numpy(), 0)[np.minimum(places, targets.size)]
        return mb.array(rows, targets.dtype)
    return mb.take(targets, mb.array(places, "int32"), 0)


def _check_classes(targets, lengths, count, blank):
    """Raises BoundsError for a target within its length that is the blank or none of ``count`` classes."""
    if not is_known(targets) or not is_known(lengths):
        return
    for row, length in zip(targets.tolist(), lengths.tolist()):
        for label in row[:length]:
            if not 0 <= label < count:
                raise mb.BoundsError(f"the target {label} is none of {count} classes")
            if label == blank:
                raise mb.BoundsError(
                    f"the target {label} is the blank, which stands between targets; use another class"
                )

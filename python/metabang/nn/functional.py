"""The layers as formulas of meta-operators. Tensors are NCHW.

A convolution or a pool is one ``reindex``: it says which input element each (output position, kernel position) reads.
Padding is not an operation: an index outside the input is the overflow, and reads ``overflow_value``. Stride and
dilation are the coefficients of the index expression.
"""

import math

import metabang as mb
from metabang.nn.windows import Padding, Pair, pair, window
from metabang.var import Var


def conv2d(
    x: Var,
    weight: Var,
    bias: Var | None = None,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Var:
    """Cross-correlation of ``x`` [N, C, H, W] with ``weight`` [OC, C/groups, KH, KW], plus ``bias`` [OC].

    ``padding``: an int, (vertical, horizontal), ((top, bottom), (left, right)), or "same" (output size
    ``ceil(size / stride)``, the odd row or column at the bottom and right).

    Returns:
        [N, OC, OH, OW].

    Raises:
        ShapeError: the channels do not match, or the kernel is larger than the padded input.
    """
    (N, C, H, W), (OC, CG, KH, KW) = _ranks(x, weight)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    (OH, OW), (ph, pw) = window((H, W), (KH, KW), (sh, sw), padding, (dh, dw))
    if C != CG * groups or OC % groups:
        raise mb.ShapeError(
            f"conv2d: {C} input channels do not fit a weight of shape {weight.shape} in {groups} group(s), "
            f"which takes {CG * groups} and gives a multiple of {groups}"
        )
    if groups == 1:
        shape = (N, OC, OH, OW, C, KH, KW)
        patches = mb.reindex(x, shape, lambda n, o, y, x, c, v, u: (n, c, y * sh + v * dh - ph, x * sw + u * dw - pw))
        y = (patches * mb.broadcast(weight, shape, [1, 4, 5, 6])).sum((4, 5, 6))
    elif groups == C == OC:  # depthwise: no sum over channels
        shape = (N, C, OH, OW, KH, KW)
        patches = mb.reindex(x, shape, lambda n, c, y, x, v, u: (n, c, y * sh + v * dh - ph, x * sw + u * dw - pw))
        y = (patches * mb.reindex(weight, shape, lambda n, c, y, x, v, u: (c, 0, v, u))).sum((4, 5))
    else:
        OG = OC // groups
        shape = (N, groups, OG, OH, OW, CG, KH, KW)
        patches = mb.reindex(
            x, shape, lambda n, g, o, y, x, c, v, u: (n, g * CG + c, y * sh + v * dh - ph, x * sw + u * dw - pw)
        )
        filters = mb.reindex(weight, shape, lambda n, g, o, y, x, c, v, u: (g * OG + o, c, v, u))
        y = (patches * filters).sum((5, 6, 7)).reshape(N, OC, OH, OW)
    return y if bias is None else y + _channels(bias)


def linear(x: Var, weight: Var, bias: Var | None = None) -> Var:
    """``x @ weight.T + bias``: ``x`` [..., IC], ``weight`` [OC, IC], ``bias`` [OC].

    Raises:
        ShapeError: the last dimension of ``x`` is not IC.
    """
    OC, IC = weight.shape
    if x.ndim == 0 or x.shape[-1] != IC:
        raise mb.ShapeError(f"linear: an input of shape {x.shape} does not fit a weight of shape {weight.shape}")
    last = x.ndim - 1
    shape = (*x.shape[:-1], OC, IC)
    y = (mb.broadcast(x, shape, [*range(last), last + 1]) * mb.broadcast(weight, shape, [last, last + 1])).sum(-1)
    return y if bias is None else y + bias


def batch_norm(x: Var, mean: Var, var: Var, weight: Var, bias: Var, eps: float = 1e-5) -> Var:
    """Normalises each channel of ``x`` [N, C, H, W]; the other operands are [C]."""
    mean, var, weight, bias = (_channels(v) for v in (mean, var, weight, bias))
    return (x - mean) / mb.sqrt(var + eps) * weight + bias


def max_pool2d(x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, dilation: Pair = 1) -> Var:
    """Maximum of each window of ``x`` [N, C, H, W]; ``stride`` is the kernel's size by default."""
    return _windows(x, kernel_size, stride, padding, dilation, overflow_value=-math.inf).max((4, 5))


def avg_pool2d(x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0) -> Var:
    """Mean of each window of ``x`` [N, C, H, W]; padding counts as zeros, as in PyTorch."""
    return _windows(x, kernel_size, stride, padding, 1, overflow_value=0).mean((4, 5))


def adaptive_avg_pool2d(x: Var, output_size: Pair) -> Var:
    """Mean of windows that divide ``x`` [N, C, H, W] into ``output_size``; windows differ in size, and overlap,
    where the division leaves a remainder: window i covers ``floor(i * H / OH)`` to ``ceil((i + 1) * H / OH)``.
    """
    N, C, H, W = x.shape
    OH, OW = pair(output_size)
    if (OH, OW) == (1, 1):
        return x.mean((2, 3), keepdims=True)
    if H % OH == 0 and W % OW == 0:
        return avg_pool2d(x, (H // OH, W // OW))
    KH, KW = (max(-(-(i + 1) * n // m) - i * n // m for i in range(m)) for n, m in ((H, OH), (W, OW)))
    windows = lambda values: mb.reindex(  # noqa: E731 - the same index map for the values and for their count
        values,
        (N, C, OH, OW, KH, KW),
        lambda n, c, y, x, v, u: (n, c, y * H // OH + v, x * W // OW + u),
        overflow_conditions=[f"i2*{H}//{OH} + i4 >= (i2*{H}+{H + OH - 1})//{OH}",
                             f"i3*{W}//{OW} + i5 >= (i3*{W}+{W + OW - 1})//{OW}"],
    ).sum((4, 5))  # fmt: skip
    return windows(x) / windows(mb.ones_like(x))


def relu(x: Var) -> Var:
    return mb.maximum(x, 0)


def relu6(x: Var) -> Var:
    return mb.clip(x, 0, 6)


def leaky_relu(x: Var, negative_slope: float = 0.01) -> Var:
    return mb.where(x >= 0, x, x * negative_slope)


def sigmoid(x: Var) -> Var:
    return mb.sigmoid(x)


def tanh(x: Var) -> Var:
    return mb.tanh(x)


def silu(x: Var) -> Var:
    return x * mb.sigmoid(x)


def gelu(x: Var) -> Var:
    return x * (mb.erf(x * math.sqrt(0.5)) + 1) * 0.5


def hardswish(x: Var) -> Var:
    return x * mb.clip(x + 3, 0, 6) / 6


def softmax(x: Var, axis: int = -1) -> Var:
    return mb.softmax(x, axis)


def _windows(x, kernel_size, stride, padding, dilation, overflow_value):
    """[N, C, OH, OW, KH, KW]: the window of each output position."""
    N, C, H, W = _rank4("a pool", x)
    (KH, KW), (dh, dw) = pair(kernel_size), pair(dilation)
    sh, sw = (KH, KW) if stride is None else pair(stride)
    (OH, OW), (ph, pw) = window((H, W), (KH, KW), (sh, sw), padding, (dh, dw))
    return mb.reindex(
        x,
        (N, C, OH, OW, KH, KW),
        lambda n, c, y, x, v, u: (n, c, y * sh + v * dh - ph, x * sw + u * dw - pw),
        overflow_value=overflow_value,
    )


def _channels(v):
    """A vector [C] as [1, C, 1, 1]."""
    return mb.broadcast(v, (1, v.shape[0], 1, 1), [1])


def _rank4(what, x):
    if x.ndim != 4:
        raise mb.ShapeError(f"{what} needs an input of shape [N, C, H, W], not {x.shape}")
    return x.shape


def _ranks(x, weight):
    return _rank4("conv2d", x), _rank4("conv2d's weight [OC, C/groups, KH, KW]: it", weight)

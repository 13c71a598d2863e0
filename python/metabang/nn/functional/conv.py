"""Convolutions and linear layers: the sum of a product of a ``reindex`` and a broadcast."""

import metabang as mb
from metabang.nn.functional.pad import pad
from metabang.nn.windows import Padding, Pair, channels, each, one_row, paddings, positive, window
from metabang.var import Var


def conv2d(
    x: Var, weight: Var, bias: Var | None = None, stride: Pair = 1, padding: Padding = 0, dilation: Pair = 1,
    groups: int = 1, padding_mode: str = "zeros",
) -> Var:  # fmt: skip
    """Cross-correlation of ``x`` [N, C, H, W] with ``weight`` [OC, C/groups, KH, KW], plus ``bias`` [OC].

    ``padding``: an int, (vertical, horizontal), ((top, bottom), (left, right)), or "same" (output size
    ``ceil(size / stride)``, the odd row or column at the bottom and right). ``padding_mode``: "zeros", "reflect",
    "replicate" or "circular".

    Returns:
        [N, OC, OH, OW].

    Raises:
        ShapeError: the channels do not match, or the kernel is larger than the padded input.
    """
    (N, C, H, W), (OC, CG, KH, KW) = _ranks(x, weight)
    (sh, sw), (dh, dw) = each(stride, 2, "stride", 1), each(dilation, 2, "dilation", 1)
    positive(groups=groups)
    if padding_mode != "zeros":
        (top, bottom), (left, right) = paddings((H, W), (KH, KW), (sh, sw), padding, (dh, dw))
        x = pad(x, (left, right, top, bottom), padding_mode)
        (N, C, H, W), padding = x.shape, 0
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
            x.reshape(N, groups, CG, H, W), shape,
            lambda n, g, o, y, x, c, v, u: (n, g, c, y * sh + v * dh - ph, x * sw + u * dw - pw),
        )  # fmt: skip
        filters = mb.broadcast(weight.reshape(groups, OG, CG, KH, KW), shape, [1, 2, 5, 6, 7])
        y = (patches * filters).sum((5, 6, 7)).reshape(N, OC, OH, OW)
    return y if bias is None else y + channels(bias, 4)


def conv1d(
    x: Var, weight: Var, bias: Var | None = None, stride: Pair = 1, padding: Padding = 0, dilation: Pair = 1,
    groups: int = 1, padding_mode: str = "zeros",
) -> Var:  # fmt: skip
    """``conv2d`` of images of one row: ``x`` [N, C, L], ``weight`` [OC, C/groups, K]; [N, OC, OL]."""
    _need(x, 3, "conv1d's input", "[N, C, L]"), _need(weight, 3, "conv1d's weight", "[OC, C/groups, K]")
    steps = ((1, each(stride, 1, "stride", 1)[0]), one_row(padding), (1, each(dilation, 1, "dilation", 1)[0]))
    y = conv2d(mb.unsqueeze(x, 2), mb.unsqueeze(weight, 2), bias, *steps, groups, padding_mode)
    return mb.squeeze(y, 2)


def conv3d(
    x: Var, weight: Var, bias: Var | None = None, stride: Pair = 1, padding: Padding = 0, dilation: Pair = 1,
    groups: int = 1, padding_mode: str = "zeros",
) -> Var:  # fmt: skip
    """``x`` [N, C, D, H, W], ``weight`` [OC, C/groups, KD, KH, KW]; [N, OC, OD, OH, OW].

    A ``conv2d`` of N * OD images whose channels are those of KD planes.
    """
    _need(x, 5, "conv3d's input", "[N, C, D, H, W]"), _need(weight, 5, "conv3d's weight", "[OC, C/groups, KD, KH, KW]")
    OC, CG, KD, KH, KW = weight.shape
    strides, dilations = each(stride, 3, "stride", 1), each(dilation, 3, "dilation", 1)
    sides = paddings(x.shape[2:], (KD, KH, KW), strides, padding, dilations)
    if padding_mode != "zeros":
        x = pad(x, [n for side in reversed(sides) for n in side], padding_mode)
        sides = [(0, 0)] * 3
    N, C, D, H, W = x.shape
    (OD, *_), (pd, *_) = window((D, H, W), (KD, KH, KW), strides, sides, dilations)
    positive(groups=groups)
    if C != CG * groups:
        raise mb.ShapeError(
            f"conv3d: {C} input channels do not fit a weight of shape {weight.shape} in {groups} group(s), "
            f"which takes {CG * groups}"
        )
    # Of each group the channels of one plane after those of the other: they stay neighbours in memory.
    planes = mb.reindex(
        x, (N, OD, groups, KD, CG, H, W),
        lambda n, z, g, k, c, y, x: (n, g * CG + c, z * strides[0] + k * dilations[0] - pd, y, x),
    )  # fmt: skip
    images = planes.reshape(N * OD, C * KD, H, W)
    filters = weight.transpose(0, 2, 1, 3, 4).reshape(OC, CG * KD, KH, KW)
    y = conv2d(images, filters, None, strides[1:], sides[1:], dilations[1:], groups)
    y = y.reshape(N, OD, OC, *y.shape[2:]).transpose(0, 2, 1, 3, 4)
    return y if bias is None else y + channels(bias, 5)


def conv_transpose2d(
    x: Var, weight: Var, bias: Var | None = None, stride: Pair = 1, padding: Pair = 0, output_padding: Pair = 0,
    groups: int = 1, dilation: Pair = 1,
) -> Var:  # fmt: skip
    """The gradient of ``conv2d`` towards its input: every element of ``x`` [N, C, H, W] adds a ``weight``
    [C, OC/groups, KH, KW] times itself to the result, [N, OC, (H-1)*s - 2p + d*(K-1) + 1 + output_padding, …].
    """
    (N, C, H, W), (CW, OG, KH, KW) = _ranks(x, weight)
    (sh, sw), (ph, pw), (dh, dw), more = _transposed_steps(2, stride, padding, dilation, output_padding)
    positive(groups=groups)
    if C != CW or C % groups:
        raise mb.ShapeError(
            f"conv_transpose2d: {C} input channels do not fit a weight of shape {weight.shape} in {groups} group(s)"
        )
    OH, OW = (
        (n - 1) * s - 2 * p + d * (k - 1) + 1 + o
        for n, s, p, d, k, o in zip((H, W), (sh, sw), (ph, pw), (dh, dw), (KH, KW), more)
    )
    CG = C // groups
    shape = (N, groups, CG, H, W, OG, KH, KW)
    values = mb.broadcast(x.reshape(N, groups, CG, H, W), shape, [0, 1, 2, 3, 4])
    filters = mb.broadcast(weight.reshape(groups, CG, OG, KH, KW), shape, [1, 2, 5, 6, 7])
    y = mb.reindex_reduce(
        values * filters, "add", (N, groups, OG, OH, OW),
        lambda n, g, c, y, x, o, v, u: (n, g, o, y * sh + v * dh - ph, x * sw + u * dw - pw),
    ).reshape(N, groups * OG, OH, OW)  # fmt: skip
    return y if bias is None else y + channels(bias, 4)


def conv_transpose1d(
    x: Var, weight: Var, bias: Var | None = None, stride: Pair = 1, padding: Pair = 0, output_padding: Pair = 0,
    groups: int = 1, dilation: Pair = 1,
) -> Var:  # fmt: skip
    """``conv_transpose2d`` of images of one row."""
    _need(x, 3, "conv_transpose1d's input", "[N, C, L]")
    _need(weight, 3, "conv_transpose1d's weight", "[C, OC/groups, K]")
    (s,), (p,), (d,), (o,) = _transposed_steps(1, stride, padding, dilation, output_padding)
    y = conv_transpose2d(
        mb.unsqueeze(x, 2), mb.unsqueeze(weight, 2), bias, (1, s), (0, p), (0, o), groups, (1, d)
    )  # fmt: skip
    return mb.squeeze(y, 2)


def conv_transpose3d(
    x: Var, weight: Var, bias: Var | None = None, stride: Pair = 1, padding: Pair = 0, output_padding: Pair = 0,
    groups: int = 1, dilation: Pair = 1,
) -> Var:  # fmt: skip
    """As ``conv_transpose2d``, for ``x`` [N, C, D, H, W] and ``weight`` [C, OC/groups, KD, KH, KW]: images of every
    pair of planes, added up over the planes."""
    N, C, D, H, W = _need(x, 5, "conv_transpose3d's input", "[N, C, D, H, W]")
    _, OG, KD, KH, KW = _need(weight, 5, "conv_transpose3d's weight", "[C, OC/groups, KD, KH, KW]")
    (s, *st), (p, *pt), (d, *dt), (o, *ot) = _transposed_steps(3, stride, padding, dilation, output_padding)
    positive(groups=groups)
    images = x.transpose(0, 2, 1, 3, 4).reshape(N * D, C, H, W)
    # One filter for each plane of the kernel: they are further output channels of a group.
    filters = weight.transpose(0, 2, 1, 3, 4).reshape(C, KD * OG, KH, KW)
    y = conv_transpose2d(images, filters, None, st, pt, ot, groups, dt)
    y = y.reshape(N, D, groups, KD, OG, *y.shape[2:])
    OD = (D - 1) * s - 2 * p + d * (KD - 1) + 1 + o
    y = mb.reindex_reduce(
        y, "add", (N, groups, OG, OD, *y.shape[5:]), lambda n, z, g, k, o, y, x: (n, g, o, z * s + k * d - p, y, x)
    )
    y = y.reshape(N, groups * OG, OD, *y.shape[4:])
    return y if bias is None else y + channels(bias, 5)


def linear(x: Var, weight: Var, bias: Var | None = None) -> Var:
    """``x @ weight.T + bias``: ``x`` [..., IC], ``weight`` [OC, IC], ``bias`` [OC].

    Raises:
        ShapeError: the last dimension of ``x`` is not IC.
    """
    OC, IC = _need(weight, 2, "linear's weight", "[OC, IC]")
    if x.ndim == 0 or x.shape[-1] != IC:
        raise mb.ShapeError(f"linear: an input of shape {x.shape} does not fit a weight of shape {weight.shape}")
    last = x.ndim - 1
    shape = (*x.shape[:-1], OC, IC)
    y = (mb.broadcast(x, shape, [*range(last), last + 1]) * mb.broadcast(weight, shape, [last, last + 1])).sum(-1)
    return y if bias is None else y + bias


def bilinear(a: Var, b: Var, weight: Var, bias: Var | None = None) -> Var:
    """a weight[k] b for each output k: ``a`` [..., N], ``b`` [..., M], ``weight`` [OC, N, M]; [..., OC]."""
    OC, N, M = _need(weight, 3, "bilinear's weight", "[OC, N, M]")
    if not a.ndim or not b.ndim or a.shape[:-1] != b.shape[:-1] or (a.shape[-1], b.shape[-1]) != (N, M):
        raise mb.ShapeError(f"bilinear: inputs of shapes {a.shape}, {b.shape} do not fit a weight of {weight.shape}")
    pairs = (mb.unsqueeze(a, -1) * mb.unsqueeze(b, -2)).reshape(*a.shape[:-1], N * M)
    return linear(pairs, weight.reshape(OC, N * M), bias)


def _transposed_steps(rank, stride, padding, dilation, output_padding):
    """Of each dimension: stride, padding, dilation, output padding."""
    steps = ((stride, "stride", 1), (padding, "padding", 0), (dilation, "dilation", 1))
    return *(each(v, rank, what, least) for v, what, least in steps), each(output_padding, rank, "output_padding")


def _need(x, rank, what, wanted):
    if x.ndim != rank:
        raise mb.ShapeError(f"{what} has the shape {wanted}, got {x.shape}")
    return x.shape


def _ranks(x, weight):
    shape = _need(x, 4, "the input of a 2-d convolution", "[N, C, H, W]")
    return shape, _need(weight, 4, "the weight of a 2-d convolution", "[OC, C/groups, KH, KW]")

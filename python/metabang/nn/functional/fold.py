"""Windows as columns, and columns back to images."""

import metabang as mb
from metabang.nn.windows import Pair, each, window
from metabang.var import Var


def unfold(x: Var, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1) -> Var:
    """The windows of ``x`` [N, C, H, W] as columns: [N, C * KH * KW, OH * OW] (im2col). Raises ShapeError."""
    if x.ndim != 4:
        raise mb.ShapeError(f"unfold needs an input of shape [N, C, H, W], not {x.shape}")
    (N, C, H, W), steps = x.shape, _steps(kernel_size, dilation, padding, stride)
    (kh, kw), (dh, dw), (ph, pw), (sh, sw) = steps
    (OH, OW), _ = window((H, W), (kh, kw), (sh, sw), (ph, pw), (dh, dw))
    columns = mb.reindex(
        x, (N, C, kh, kw, OH, OW), lambda n, c, v, u, y, x: (n, c, y * sh + v * dh - ph, x * sw + u * dw - pw)
    )
    return columns.reshape(N, C * kh * kw, OH * OW)


def fold(x: Var, output_size: Pair, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1) -> Var:
    """The gradient of ``unfold``: columns ``x`` [N, C * KH * KW, OH * OW] are added up where their windows lie in an
    image of ``output_size``, [N, C, H, W] (col2im). Raises ShapeError."""
    H, W = each(output_size, 2, "output_size", 1)
    (kh, kw), (dh, dw), (ph, pw), (sh, sw) = _steps(kernel_size, dilation, padding, stride)
    (OH, OW), _ = window((H, W), (kh, kw), (sh, sw), (ph, pw), (dh, dw))
    if x.ndim != 3 or x.shape[1] % (kh * kw) or x.shape[2] != OH * OW:
        raise mb.ShapeError(f"fold needs columns of shape [N, C * {kh * kw}, {OH * OW}], not {x.shape}")
    N, C = x.shape[0], x.shape[1] // (kh * kw)
    return mb.reindex_reduce(
        x.reshape(N, C, kh, kw, OH, OW), "add", (N, C, H, W),
        lambda n, c, v, u, y, x: (n, c, y * sh + v * dh - ph, x * sw + u * dw - pw),
    )  # fmt: skip


def _steps(kernel_size, dilation, padding, stride):
    given = ((kernel_size, "kernel_size", 1), (dilation, "dilation", 1), (padding, "padding", 0), (stride, "stride", 1))
    return [each(value, 2, what, least) for value, what, least in given]

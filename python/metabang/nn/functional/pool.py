"""Pooling: a ``reindex`` into windows and a reduction of them."""

import math

import metabang as mb
from metabang.nn.windows import Padding, Pair, each, one_row, window
from metabang.var import Var


def max_pool1d(x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, dilation: Pair = 1) -> Var:
    """Maximum of each window of ``x`` [N, C, L]."""
    return _line(max_pool2d, x, kernel_size, stride, padding, dilation)


def max_pool2d(x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, dilation: Pair = 1) -> Var:
    """Maximum of each window of ``x`` [N, C, H, W]; ``stride`` is the kernel's size by default."""
    return _windows(x, 2, kernel_size, stride, padding, dilation, overflow_value=-math.inf).max((4, 5))


def max_pool3d(x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, dilation: Pair = 1) -> Var:
    """Maximum of each window of ``x`` [N, C, D, H, W]."""
    return _windows(x, 3, kernel_size, stride, padding, dilation, overflow_value=-math.inf).max((5, 6, 7))


def avg_pool1d(x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0) -> Var:
    """Mean of each window of ``x`` [N, C, L]; padding counts as zeros."""
    return _line(avg_pool2d, x, kernel_size, stride, padding)


def avg_pool2d(x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0) -> Var:
    """Mean of each window of ``x`` [N, C, H, W]; padding counts as zeros, as in PyTorch."""
    return _windows(x, 2, kernel_size, stride, padding, 1, overflow_value=0).mean((4, 5))


def avg_pool3d(x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0) -> Var:
    """Mean of each window of ``x`` [N, C, D, H, W]; padding counts as zeros."""
    return _windows(x, 3, kernel_size, stride, padding, 1, overflow_value=0).mean((5, 6, 7))


def adaptive_avg_pool1d(x: Var, output_size: int) -> Var:
    """As ``adaptive_avg_pool2d``, of ``x`` [N, C, L]."""
    if x.ndim != 3:
        raise mb.ShapeError(f"a pool over one dimension needs an input of shape [N, C, L], not {x.shape}")
    return mb.squeeze(adaptive_avg_pool2d(mb.unsqueeze(x, 2), (1, output_size)), 2)


def adaptive_avg_pool2d(x: Var, output_size: Pair) -> Var:
    """Mean of windows that divide ``x`` [N, C, H, W] into ``output_size``; windows differ in size, and overlap,
    where the division leaves a remainder: window i covers ``floor(i * H / OH)`` to ``ceil((i + 1) * H / OH)``.
    """
    N, C, H, W = _image(x)
    OH, OW = each(output_size, 2, "output_size", 1)
    if (OH, OW) == (1, 1):
        return x.mean((2, 3), keepdims=True)
    if H % OH == 0 and W % OW == 0:
        return avg_pool2d(x, (H // OH, W // OW))
    windows = lambda values: _adaptive_windows(values, OH, OW, 0).sum((4, 5))  # noqa: E731  values, and their count
    return windows(x) / windows(mb.ones_like(x))


def adaptive_max_pool2d(x: Var, output_size: Pair) -> Var:
    """Maximum of the windows of ``adaptive_avg_pool2d``."""
    _image(x)
    return _adaptive_windows(x, *each(output_size, 2, "output_size", 1), -math.inf).max((4, 5))


def _image(x):
    if x.ndim != 4:
        raise mb.ShapeError(f"an adaptive pool needs an input of shape [N, C, H, W], not {x.shape}")
    if 0 in x.shape[2:]:
        raise mb.ShapeError(f"an adaptive pool needs an image with elements, not one of shape {x.shape}")
    return x.shape


def _adaptive_windows(x, OH, OW, overflow_value):
    N, C, H, W = x.shape
    # Window i starts i * n mod m above a multiple of m, which is at most m - gcd(n, m).
    KH, KW = (-(-(n + m - math.gcd(n, m)) // m) for n, m in ((H, OH), (W, OW)))
    return mb.reindex(
        x,
        (N, C, OH, OW, KH, KW),
        lambda n, c, y, x, v, u: (n, c, y * H // OH + v, x * W // OW + u),
        overflow_value,
        overflow_conditions=[f"i2*{H}//{OH} + i4 >= (i2*{H}+{H + OH - 1})//{OH}",
                             f"i3*{W}//{OW} + i5 >= (i3*{W}+{W + OW - 1})//{OW}"],
    )  # fmt: skip


def _line(pool, x, kernel_size, stride, padding, *dilation):
    """A 2-d pool over [N, C, 1, L]."""
    if x.ndim != 3:
        raise mb.ShapeError(f"a pool over one dimension needs an input of shape [N, C, L], not {x.shape}")
    (kernel,), (step,) = (
        each(v, 1, what, 1)
        for v, what in ((kernel_size, "kernel_size"), (kernel_size if stride is None else stride, "stride"))
    )
    dilations = [(1, each(d, 1, "dilation", 1)[0]) for d in dilation]
    return mb.squeeze(pool(mb.unsqueeze(x, 2), (1, kernel), (1, step), one_row(padding), *dilations), 2)


def _windows(x, rank, kernel_size, stride, padding, dilation, overflow_value):
    """[N, C, *output, *kernel]: the window of each output position."""
    if x.ndim != rank + 2:
        wanted = "[N, C, H, W]" if rank == 2 else "[N, C, D, H, W]"
        raise mb.ShapeError(f"a pool needs an input of shape {wanted}, not {x.shape}")
    kernel, dilations = each(kernel_size, rank, "kernel_size", 1), each(dilation, rank, "dilation", 1)
    strides = kernel if stride is None else each(stride, rank, "stride", 1)
    out, before = window(x.shape[2:], kernel, strides, padding, dilations)

    def index(n, c, *rest):
        positions, offsets = rest[:rank], rest[rank:]
        moved = zip(positions, strides, offsets, dilations, before)
        return (n, c, *(y * s + v * d - p for y, s, v, d, p in moved))

    return mb.reindex(x, (*x.shape[:2], *out, *kernel), index, overflow_value=overflow_value)

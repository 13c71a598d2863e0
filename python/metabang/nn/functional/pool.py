"""Pooling: a ``reindex`` into windows and a reduction of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import metabang as mb
from metabang.nn.functional.dropout import draws
from metabang.nn.windows import Padding, Pair, each, one_row, paddings, positive, window
from metabang.var import Var


def max_pool1d(
    x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, dilation: Pair = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Var | tuple[Var, Var]:  # fmt: skip
    """``max_pool2d`` of ``x`` [N, C, L]."""
    options = {"ceil_mode": ceil_mode, "return_indices": return_indices}
    return _line(max_pool2d, x, kernel_size, stride, padding, (1, *each(dilation, 1, "dilation", 1)), **options)


def max_pool2d(
    x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, dilation: Pair = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Var | tuple[Var, Var]:  # fmt: skip
    """Maximum of each window of ``x`` [N, C, H, W]; ``stride`` is the kernel's size by default.

    ``ceil_mode``: windows may hang over the end, as long as they start inside. ``return_indices``: also int32 positions
    of the maxima in the flattened [H, W] (of the first one, where several are equal).
    """
    return _max_pool(x, 2, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, dilation: Pair = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Var | tuple[Var, Var]:  # fmt: skip
    """``max_pool2d`` of ``x`` [N, C, D, H, W]."""
    return _max_pool(x, 3, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool1d(
    x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Var:  # fmt: skip
    """``avg_pool2d`` of ``x`` [N, C, L]."""
    options = {"ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
    return _line(avg_pool2d, x, kernel_size, stride, padding, **options)


def avg_pool2d(
    x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Var:  # fmt: skip
    """Mean of each window of ``x`` [N, C, H, W]; padding counts as zeros unless ``count_include_pad`` is False.

    ``ceil_mode``: windows may hang over the end; what hangs over does not count. ``divisor_override`` divides the sums.
    """
    return _avg_pool(x, 2, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    x: Var, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Var:  # fmt: skip
    """``avg_pool2d`` of ``x`` [N, C, D, H, W]."""
    return _avg_pool(x, 3, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def lp_pool1d(x: Var, norm_type: float, kernel_size: Pair, stride: Pair | None = None, ceil_mode: bool = False) -> Var:
    """``lp_pool2d`` of ``x`` [N, C, L]."""
    options = {"norm_type": norm_type, "ceil_mode": ceil_mode}
    return _line(_lp_pool, x, kernel_size, stride, 0, **options)


def lp_pool2d(x: Var, norm_type: float, kernel_size: Pair, stride: Pair | None = None, ceil_mode: bool = False) -> Var:
    """(sum of x**p)**(1/p) of each window of ``x`` [N, C, H, W], p ``norm_type``, without magnitudes: NaN where the sum
    is negative and p is not 1. ``ceil_mode``: windows may hang over the end; their sums are scaled up by what hangs
    over, all as PyTorch's.
    """
    return _lp_pool(x, kernel_size, stride, 0, norm_type, ceil_mode)


def adaptive_avg_pool1d(x: Var, output_size: Pair) -> Var:
    """``adaptive_avg_pool2d`` of ``x`` [N, C, L]."""
    _image(x, 1)
    return mb.squeeze(adaptive_avg_pool2d(mb.unsqueeze(x, 2), (1, *each(output_size, 1, "output_size", 1))), 2)


def adaptive_avg_pool2d(x: Var, output_size: Pair) -> Var:
    """Mean of windows that divide ``x`` [N, C, H, W] into ``output_size``; windows differ in size, and overlap,
    where the division leaves a remainder: window i covers ``floor(i * H / OH)`` to ``ceil((i + 1) * H / OH)``.
    """
    return _adaptive_avg_pool(x, 2, output_size)


def adaptive_avg_pool3d(x: Var, output_size: Pair) -> Var:
    """``adaptive_avg_pool2d`` of ``x`` [N, C, D, H, W]."""
    return _adaptive_avg_pool(x, 3, output_size)


def adaptive_max_pool1d(x: Var, output_size: Pair) -> Var:
    """``adaptive_max_pool2d`` of ``x`` [N, C, L]."""
    _image(x, 1)
    return mb.squeeze(adaptive_max_pool2d(mb.unsqueeze(x, 2), (1, *each(output_size, 1, "output_size", 1))), 2)


def adaptive_max_pool2d(x: Var, output_size: Pair) -> Var:
    """Maximum of the windows of ``adaptive_avg_pool2d``."""
    return _adaptive_windows(x, 2, output_size, -math.inf).max((4, 5))


def adaptive_max_pool3d(x: Var, output_size: Pair) -> Var:
    """``adaptive_max_pool2d`` of ``x`` [N, C, D, H, W]."""
    return _adaptive_windows(x, 3, output_size, -math.inf).max((5, 6, 7))


def fractional_max_pool2d(
    x: Var, kernel_size: Pair, output_size: Pair | None = None, output_ratio: float | Sequence[float] | None = None,
    samples: Var | None = None,
) -> Var:  # fmt: skip
    """Maximum of windows of ``kernel_size`` at pseudo-random steps over ``x`` [N, C, H, W] (Graham 2014):
    [N, C, OH, OW], of ``output_size`` or of ``output_ratio`` times the image's.

    With u in [0, 1) of ``samples`` [N, C, 2] (columns first, then rows; drawn as ``dropout`` draws where None) and
    a = (H - KH) / (OH - 1), window i begins at floor((i + u) a) - floor(u a), the last at H - KH. Raises ShapeError,
    MetaBangError.
    """
    _image(x, 2)
    kernel = each(kernel_size, 2, "kernel_size", 1)
    if (output_size is None) == (output_ratio is None):
        raise mb.MetaBangError("fractional_max_pool2d needs either output_size or output_ratio")
    if output_size is None:
        ratios = list(output_ratio) if isinstance(output_ratio, Sequence) else [output_ratio] * 2
        if len(ratios) != 2 or not all(0 < ratio < 1 for ratio in ratios):
            raise mb.ShapeError(
                f"output_ratio is a number between 0 and 1, or one for each of 2 dimensions, not {ratios}"
            )
        output_size = [int(n * ratio) for n, ratio in zip(x.shape[2:], ratios)]
    sizes = each(output_size, 2, "output_size", 1)
    if any(m + k - 1 > n for n, m, k in zip(x.shape[2:], sizes, kernel)):
        raise mb.ShapeError(f"windows of {kernel} do not fit {sizes} times into an image of {x.shape[2:]}")
    if samples is None:
        samples = mb.array(draws((*x.shape[:2], 2)))
    if samples.shape != (*x.shape[:2], 2):
        raise mb.ShapeError(f"samples are {(*x.shape[:2], 2)}, two for each image and channel, not {samples.shape}")
    # First the maxima over rows, then over columns, each of them rows of what is turned.
    for k in (0, 1):
        y = _of_rows(x, sizes[k], kernel[k], samples[..., 1 - k])
        x = mb.transpose(y, (0, 1, 3, 2))
    return x


def _of_rows(x, count, kernel, sample):
    """[N, C, count, W]: maxima of ``kernel`` rows at the steps that ``sample`` [N, C] gives."""
    N, C, H, W = x.shape
    step = (H - kernel) / (count - 1) if count > 1 else 0.0
    u = mb.unsqueeze(sample, -1)
    i = mb.index((N, C, count), 2)
    begins = mb.floor((i.astype(u.dtype) + u) * step).astype("int32") - mb.floor(u * step).astype("int32")
    begins = mb.where(i == count - 1, H - kernel, begins)
    image = mb.index((N, C, count, kernel), 0) * C + mb.index((N, C, count, kernel), 1)
    rows = image * H + mb.unsqueeze(begins, -1) + mb.index((N, C, count, kernel), 3)
    return mb.max(mb.take(x.reshape(N * C * H, W), rows, 0), 3)


def _line(pool, x, kernel_size, stride, padding, *dilation, **options):
    """A 2-d pool over [N, C, 1, L]."""
    _image(x, 1)
    kernel = (1, *each(kernel_size, 1, "kernel_size", 1))
    step = kernel if stride is None else (1, *each(stride, 1, "stride", 1))
    made = pool(mb.unsqueeze(x, 2), kernel, step, one_row(padding), *dilation, **options)
    return tuple(mb.squeeze(y, 2) for y in made) if isinstance(made, tuple) else mb.squeeze(made, 2)


def _max_pool(x, rank, kernel_size, stride, padding, dilation, ceil_mode, return_indices):
    steps = _Steps.of(x, rank, kernel_size, stride, padding, dilation, ceil_mode)
    steps.check_maxima()
    y = steps.combined(x, -math.inf, mb.max)
    return (y, steps.positions(steps.windows(x, -math.inf))) if return_indices else y


def _avg_pool(x, rank, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor):
    steps = _Steps.of(x, rank, kernel_size, stride, padding, 1, ceil_mode)
    if divisor is not None:
        positive(divisor_override=divisor)
        return steps.combined(x, 0, mb.sum) / divisor
    if steps.all_count(count_include_pad):
        return steps.combined(x, 0, mb.mean)
    return steps.combined(x, 0, mb.sum) / steps.counts(count_include_pad).astype(x.dtype)


def _lp_pool(x, kernel_size, stride, padding, norm_type, ceil_mode):
    if not 0 < norm_type < math.inf:
        raise mb.MetaBangError(f"lp_pool needs a positive, finite norm_type, got {norm_type}")
    steps = _Steps.of(x, 2, kernel_size, stride, padding, 1, ceil_mode)
    sums = steps.windows(x if norm_type == 1 else x**norm_type, 0).sum(steps.axes)
    if not steps.all_count(True):
        sums = sums * (math.prod(steps.kernel) / steps.counts(True).astype(x.dtype))
    return sums if norm_type == 1 else sums ** (1 / norm_type)


@dataclass
class _Steps:
    """The windows of a pool: of each dimension the size, kernel, stride, dilation, (before, after) and window count."""

    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: list[tuple[int, int]]
    out: tuple[int, ...]

    @staticmethod
    def of(x, rank, kernel_size, stride, padding, dilation, ceil_mode):
        _image(x, rank)
        kernel, dilations = each(kernel_size, rank, "kernel_size", 1), each(dilation, rank, "dilation", 1)
        strides = kernel if stride is None else each(stride, rank, "stride", 1)
        sides = paddings(x.shape[2:], kernel, strides, padding, dilations)
        out, _ = window(x.shape[2:], kernel, strides, sides, dilations, ceil_mode)
        return _Steps(x.shape[2:], kernel, strides, dilations, sides, out)

    @property
    def axes(self):
        """Of the elements of a window."""
        rank = len(self.kernel)
        return tuple(range(2 + rank, 2 + 2 * rank))

    def windows(self, x, overflow_value):
        """[N, C, *out, *kernel]: the window of each output position."""

        def index(n, c, *rest):
            positions, offsets = rest[: len(self.kernel)], rest[len(self.kernel) :]
            moved = zip(positions, self.stride, offsets, self.dilation, self.padding)
            return (n, c, *(y * s + v * d - before for y, s, v, d, (before, _) in moved))

        return mb.reindex(x, (*x.shape[:2], *self.out, *self.kernel), index, overflow_value)

    def combined(self, x, overflow_value, combine):
        """[N, C, *out]: the sum, mean or maximum of each window; of a volume first in its planes, which are images,
        then over planes, the rows of another image."""
        if len(self.kernel) < 3:
            return combine(self.windows(x, overflow_value), self.axes)
        (N, C, D), (OD, OH, OW) = x.shape[:3], self.out
        images = mb.transpose(x, (0, 2, 1, 3, 4)).reshape(N * D, C, *x.shape[3:])
        y = self.along(slice(1, 3)).combined(images, overflow_value, combine)
        rows = mb.transpose(y.reshape(N, D, C, OH * OW), (0, 2, 1, 3))
        s, d, before = self.stride[0], self.dilation[0], self.padding[0][0]
        windows = mb.reindex(
            rows, (N, C, OD, OH * OW, self.kernel[0]), lambda n, c, z, p, k: (n, c, z * s + k * d - before, p),
            overflow_value,
        )  # fmt: skip
        return combine(windows, 4).reshape(N, C, OD, OH, OW)

    def along(self, dims):
        """The steps of some dimensions."""
        return _Steps(*(each[dims] for each in (
            self.size, self.kernel, self.stride, self.dilation, self.padding, self.out
        )))  # fmt: skip

    def check_maxima(self):
        """Raises ShapeError for a window that lies in the padding alone."""
        dimensions = zip(self.size, self.kernel, self.dilation, self.stride, self.padding, self.out)
        for n, k, d, s, (before, _), m in dimensions:
            if before > d * (k - 1) or (m - 1) * s - before >= n:
                raise mb.ShapeError(f"a window of {k} lies in the padding alone and has no maximum; pad less")

    def all_count(self, with_padding):
        """Whether every element of every window counts: it lies in the image, or in the padded one."""
        dimensions = zip(self.size, self.kernel, self.stride, self.padding, self.out)
        return (with_padding or not any(map(any, self.padding))) and all(
            (m - 1) * s + k <= n + before + after for n, k, s, (before, after), m in dimensions
        )

    def counts(self, with_padding):
        """int32 [*out]: how many elements of each window count. It depends on no value, so it is folded."""
        total = 1
        for k, (before, after) in enumerate(self.padding):
            low, high = (-before, self.size[k] + after) if with_padding else (0, self.size[k])
            start = mb.index(self.out, k) * self.stride[k] - before
            total = (mb.minimum(start + self.kernel[k], high) - mb.maximum(start, low)) * total
        return total

    def positions(self, windows):
        """int32 [N, C, *out]: where the maximum of each window is in the flattened image; of several, and of NaN, the
        first in it. An element's place depends on no value, so places are folded; the first is a minimum of them.
        """
        rank, pixels = len(self.kernel), math.prod(self.size)
        shape, flat, inside = (*self.out, *self.kernel), 0, True
        for k, ((before, _), size) in enumerate(zip(self.padding, self.size)):
            place = mb.index(shape, k) * self.stride[k] + mb.index(shape, rank + k) * self.dilation[k] - before
            inside = (place >= 0) & (place < size) & inside
            flat = flat * size + place
        # In float32 where it has all of them: its minimum is a builtin on every device.
        places = mb.where(inside, flat, pixels).astype("float32" if pixels < 1 << 24 else "int32")
        hit = (windows == windows.max(self.axes, keepdims=True)) | (windows != windows)
        return mb.min(mb.where(hit, places, pixels), self.axes).astype("int32")


def _image(x, rank):
    if x.ndim != rank + 2:
        wanted = ("[N, C, L]", "[N, C, H, W]", "[N, C, D, H, W]")[rank - 1]
        raise mb.ShapeError(f"a pool over {rank} dimension(s) needs an input of shape {wanted}, not {x.shape}")
    if 0 in x.shape[2:]:
        raise mb.ShapeError(f"a pool needs an image with elements, not one of shape {x.shape}")


def _adaptive_avg_pool(x, rank, output_size):
    _image(x, rank)
    sizes, kept = each(output_size, rank, "output_size", 1), x.shape[2:]
    if max(sizes) == 1:
        return x.mean(tuple(range(2, 2 + rank)), keepdims=True)
    if all(n % m == 0 for n, m in zip(kept, sizes)):
        return _avg_pool(x, rank, [n // m for n, m in zip(kept, sizes)], None, 0, False, True, None)
    ones = mb.ones((1, 1, *kept), x.dtype)
    sums, counts = (_adaptive_windows(v, rank, sizes, 0).sum(tuple(range(2 + rank, 2 + 2 * rank))) for v in (x, ones))
    return sums / counts


def _adaptive_windows(x, rank, output_size, overflow_value):
    """[N, C, *output_size, *kernel], with overflow where a window is smaller than the kernel."""
    _image(x, rank)
    steps = list(zip(x.shape[2:], each(output_size, rank, "output_size", 1)))
    # Window i starts i * n mod m above a multiple of m, which is at most m - gcd(n, m).
    kernel = [-(-(n + m - math.gcd(n, m)) // m) for n, m in steps]
    texts, conditions = ["i0", "i1"], []
    for k, (n, m) in enumerate(steps, 2):
        texts.append(f"i{k} * {n} // {m} + i{k + rank}")
        conditions.append(f"{texts[-1]} >= (i{k} * {n} + {n + m - 1}) // {m}")
    return mb.reindex(x, (*x.shape[:2], *(m for _, m in steps), *kernel), texts, overflow_value, conditions)

"""Output sizes and paddings of sliding windows."""

from collections.abc import Sequence

import metabang as mb

Pair = int | Sequence[int]  # one number for both dimensions, or (vertical, horizontal)
Padding = Pair | Sequence[Sequence[int]] | str  # ((top, bottom), (left, right)), or "same"


def pair(value: Pair) -> tuple[int, int]:
    """``3`` -> ``(3, 3)``; a pair stays as it is."""
    return (value, value) if isinstance(value, int) else tuple(value)


def window(
    size: Pair, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Output size (OH, OW) and leading padding (top, left) of windows over an image of ``size`` (H, W).

    ``padding``: an int, (vertical, horizontal), ((top, bottom), (left, right)) or "same".

    Raises:
        ShapeError: the window is larger than the padded image.
    """
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    if padding == "same":
        sides = [same(*dimension) for dimension in zip(size, reach, stride, strict=True)]
    else:
        sides = [pair(p) for p in pair(padding)]
    out = [(n + sum(p) - r) // s + 1 for n, p, r, s in zip(size, sides, reach, stride, strict=True)]
    if min(out) < 1:
        raise mb.ShapeError(f"a window of {reach[0]}x{reach[1]} is larger than the padded image of {size[0]}x{size[1]}")
    return tuple(out), tuple(p[0] for p in sides)


def same(size: int, reach: int, stride: int) -> tuple[int, int]:
    """Padding (before, after) that makes ``ceil(size / stride)`` windows; the odd element comes after."""
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2

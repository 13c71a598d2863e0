"""Sizes and paddings of sliding windows over one, two or three dimensions, and the shape of what is one a channel."""

from collections.abc import Sequence

import numpy as np

import metabang as mb
from metabang.var import Var

Pair = int | Sequence[int]  # one number for all dimensions, or one each: (vertical, horizontal)
Padding = Pair | Sequence[Sequence[int]] | str  # ((top, bottom), (left, right)), or "same"


def each(value: Pair, rank: int, what: str, least: int = 0) -> tuple[int, ...]:
    """``3`` -> ``(3,) * rank``; a sequence of ``rank`` numbers stays as it is.

    Raises:
        ShapeError: there are not ``rank`` numbers, or one is below ``least``.
    """
    numbers = (int(value),) * rank if isinstance(value, (int, np.integer)) else tuple(map(int, value))
    if len(numbers) != rank:
        raise mb.ShapeError(f"{what} needs one number, or one for each of {rank} dimensions, got {numbers}")
    if min(numbers, default=least) < least:
        raise mb.ShapeError(f"{what} has to be at least {least}, got {value}")
    return numbers


def positive(**sizes: int) -> None:
    """Raises ShapeError for a size that is not between 1 and 2**31 - 1."""
    for name, size in sizes.items():
        if not 0 < size < 1 << 31:
            raise mb.ShapeError(f"{name} has to be at least 1 and below 2**31, got {size}")


def one_row(padding: Padding) -> Padding:
    """A padding of one dimension, ``1``, ``(1,)``, ``((1, 2),)`` or "same", as that of an image of one row."""
    if isinstance(padding, str):
        return padding
    (sides,) = _sides(padding, 1)
    return (0, 0), sides


def channels(vector: Var, rank: int) -> Var:
    """A vector [C] as [1, C, 1, …], which has ``rank`` dimensions. Raises ShapeError for anything but a vector."""
    if vector.ndim != 1:
        raise mb.ShapeError(f"a value for each channel is a vector of shape [C], got {vector.shape}")
    return mb.broadcast(vector, (1, vector.shape[0], *[1] * (rank - 2)), [1])


def window(
    size: Sequence[int], kernel: Sequence[int], stride: Sequence[int], padding: Padding, dilation: Sequence[int],
    ceil_mode: bool = False,
) -> tuple[tuple[int, ...], tuple[int, ...]]:  # fmt: skip
    """Output size and leading padding of windows over an image of ``size``, (H, W) in two dimensions.

    ``padding``: an int, (vertical, horizontal), ((top, bottom), (left, right)), "same" or "valid" (none).
    ``ceil_mode``: one more window where it starts inside of the image and hangs over its end.

    Raises:
        ShapeError: the window is larger than the padded image.
    """
    sides = paddings(size, kernel, stride, padding, dilation)
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    out = [(n + sum(p) - r) // s + 1 for n, p, r, s in zip(size, sides, reach, stride, strict=True)]
    if ceil_mode:
        steps = zip(out, size, sides, reach, stride, strict=True)
        out = [m + ((m - 1) * s + r < n + sum(p) and m * s < n + p[0]) for m, n, p, r, s in steps]
    if min(out) < 1:
        shapes = ["x".join(map(str, shape)) for shape in (reach, size)]
        raise mb.ShapeError(f"a window of {shapes[0]} is larger than the padded image of {shapes[1]}")
    return tuple(out), tuple(p[0] for p in sides)


def paddings(
    size: Sequence[int], kernel: Sequence[int], stride: Sequence[int], padding: Padding, dilation: Sequence[int]
) -> list[tuple[int, int]]:
    """(before, after) of each dimension."""
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    if padding == "same":
        return [same(*dimension) for dimension in zip(size, reach, stride, strict=True)]
    if padding == "valid":
        return [(0, 0)] * len(size)
    if isinstance(padding, str):
        raise mb.ShapeError(f"padding is a number, numbers, 'same' or 'valid', not '{padding}'")
    return _sides(padding, len(size))


def _sides(padding: Pair | Sequence[Sequence[int]], rank: int) -> list[tuple[int, int]]:
    """(before, after) of each of ``rank`` dimensions. Raises ShapeError."""
    if isinstance(padding, (int, np.integer)) or not any(isinstance(p, Sequence) for p in padding):
        return [(p, p) for p in each(padding, rank, "padding")]
    if len(padding) != rank:
        raise mb.ShapeError(f"padding needs one number, or one for each of {rank} dimensions, got {tuple(padding)}")
    return [each(p, 2, "the padding of a dimension") for p in padding]


def same(size: int, reach: int, stride: int) -> tuple[int, int]:
    """Padding (before, after) that makes ``ceil(size / stride)`` windows; the odd element comes after."""
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2

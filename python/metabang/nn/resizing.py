"""Layers without parameters that pad or resize."""

from collections.abc import Sequence

from metabang.arguments import is_integer
from metabang.nn import functional as F
from metabang.nn.module import Module
from metabang.nn.windows import Pair
from metabang.var import Var


class Upsample(Module):
    """See ``functional.interpolate``."""

    def __init__(
        self, size: Pair | None = None, scale_factor: float | Sequence[float] | None = None, mode: str = "nearest",
        align_corners: bool = False, recompute_scale_factor: bool = False,
    ):  # fmt: skip
        self.steps = (size, scale_factor, mode, align_corners, recompute_scale_factor)

    def forward(self, x: Var) -> Var:
        return F.interpolate(x, *self.steps)


class PixelShuffle(Module):
    """See ``functional.pixel_shuffle``."""

    def __init__(self, upscale_factor: int):
        self.upscale_factor = upscale_factor

    def forward(self, x: Var) -> Var:
        return F.pixel_shuffle(x, self.upscale_factor)


class PixelUnshuffle(Module):
    """See ``functional.pixel_unshuffle``."""

    def __init__(self, downscale_factor: int):
        self.downscale_factor = downscale_factor

    def forward(self, x: Var) -> Var:
        return F.pixel_unshuffle(x, self.downscale_factor)


class ChannelShuffle(Module):
    """See ``functional.channel_shuffle``."""

    def __init__(self, groups: int):
        self.groups = groups

    def forward(self, x: Var) -> Var:
        return F.channel_shuffle(x, self.groups)


class Unfold(Module):
    """See ``functional.unfold``."""

    def __init__(self, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1):
        self.steps = (kernel_size, dilation, padding, stride)

    def forward(self, x: Var) -> Var:
        return F.unfold(x, *self.steps)


class Fold(Module):
    """See ``functional.fold``."""

    def __init__(self, output_size: Pair, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1):
        self.steps = (output_size, kernel_size, dilation, padding, stride)

    def forward(self, x: Var) -> Var:
        return F.fold(x, *self.steps)


class _Pad(Module):
    """``padding``: one number for all sides, or (left, right, top, bottom) as of ``functional.pad``."""

    rank, mode = 2, "constant"

    def __init__(self, padding: int | Sequence[int]):
        self.padding = [padding] * (2 * self.rank) if is_integer(padding) else list(padding)
        self.value = 0.0

    def forward(self, x: Var) -> Var:
        return F.pad(x, self.padding, self.mode, self.value)


def _pad(rank: int, mode: str, name: str) -> type[Module]:
    documentation = f"Pads the last {rank} dimension(s); see ``functional.pad``, mode {mode!r}."
    return type(name, (_Pad,), {"rank": rank, "mode": mode, "__doc__": documentation, "__module__": __name__})


ZeroPad1d, ZeroPad2d, ZeroPad3d = (_pad(n, "constant", f"ZeroPad{n}d") for n in (1, 2, 3))
ReflectionPad1d, ReflectionPad2d, ReflectionPad3d = (_pad(n, "reflect", f"ReflectionPad{n}d") for n in (1, 2, 3))
ReplicationPad1d, ReplicationPad2d, ReplicationPad3d = (_pad(n, "replicate", f"ReplicationPad{n}d") for n in (1, 2, 3))
CircularPad1d, CircularPad2d, CircularPad3d = (_pad(n, "circular", f"CircularPad{n}d") for n in (1, 2, 3))


class ConstantPad2d(_Pad):
    """Pads the last two dimensions with ``value``."""

    def __init__(self, padding: int | Sequence[int], value: float):
        super().__init__(padding)
        self.value = value


class ConstantPad1d(ConstantPad2d):
    """Pads the last dimension with ``value``."""

    rank = 1


class ConstantPad3d(ConstantPad2d):
    """Pads the last three dimensions with ``value``."""

    rank = 3

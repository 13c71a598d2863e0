"""Channels to pixels and back (Shi et al. 2016), and channels among groups."""

import metabang as mb
from metabang.nn.windows import positive
from metabang.var import Var


def pixel_shuffle(x: Var, upscale_factor: int) -> Var:
    """[N, C * r * r, H, W] to [N, C, H * r, W * r]: r * r channels become the pixels of a square."""
    r = upscale_factor
    N, C, H, W = _image(x, r)
    if C % (r * r):
        raise mb.ShapeError(f"pixel_shuffle by {r} needs a multiple of {r * r} channels, not {x.shape}")
    squares = x.reshape(N, C // (r * r), r, r, H, W)
    return squares.transpose(0, 1, 4, 2, 5, 3).reshape(N, C // (r * r), H * r, W * r)


def pixel_unshuffle(x: Var, downscale_factor: int) -> Var:
    """[N, C, H * r, W * r] to [N, C * r * r, H, W], the inverse of ``pixel_shuffle``."""
    r = downscale_factor
    N, C, H, W = _image(x, r)
    if H % r or W % r:
        raise mb.ShapeError(f"pixel_unshuffle by {r} needs sizes that are multiples of it, not {x.shape}")
    squares = x.reshape(N, C, H // r, r, W // r, r)
    return squares.transpose(0, 1, 3, 5, 2, 4).reshape(N, C * r * r, H // r, W // r)


def channel_shuffle(x: Var, groups: int) -> Var:
    """Channel g * n + k of ``x`` [N, C, ...] becomes channel k * groups + g, n = C / groups (Zhang et al. 2017)."""
    positive(groups=groups)
    if x.ndim < 3 or x.shape[1] % groups:
        raise mb.ShapeError(f"channel_shuffle cannot divide the channels of {x.shape} into {groups} groups")
    parts = x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
    return mb.swapaxes(parts, 1, 2).reshape(x.shape)


def _image(x, factor):
    positive(factor=factor)
    if x.ndim != 4:
        raise mb.ShapeError(f"a pixel shuffle needs an input of shape [N, C, H, W], not {x.shape}")
    return x.shape

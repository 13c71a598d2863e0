"""Reading images at places that are computed: each tap is a gather of pixels, which are rows of channels."""

import metabang as mb
from metabang.var import Var


def grid_sample(
    x: Var, grid: Var, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Var:
    """``x`` [N, C, H, W] at the places ``grid`` [N, OH, OW, 2] names (Jaderberg et al. 2015): [N, C, OH, OW].

    A place is (horizontal, vertical), -1 to 1 from one end of the image to the other: of its edges, or with
    ``align_corners`` of the centres of its outer pixels. ``mode``: "bilinear" or "nearest" (ties to even pixels).
    ``padding_mode``: outside is "zeros", or the nearest pixel of the "border". "nearest" has no gradient towards
    ``grid``. Raises ShapeError, MetaBangError.
    """
    if x.ndim != 4 or grid.shape[:1] != x.shape[:1] or grid.ndim != 4 or grid.shape[3] != 2 or 0 in x.shape:
        raise mb.ShapeError(f"grid_sample needs x [N, C, H, W] and grid [N, OH, OW, 2], not {x.shape} and {grid.shape}")
    if mode not in ("bilinear", "nearest"):
        raise mb.MetaBangError(f"mode is 'bilinear' or 'nearest', not '{mode}'")
    if padding_mode not in ("zeros", "border"):
        raise mb.MetaBangError(f"padding_mode is 'zeros' or 'border', not '{padding_mode}'")
    N, C, H, W = x.shape
    pixels = mb.transpose(x, (0, 2, 3, 1)).reshape(N * H * W, C)
    image = mb.index((N, *grid.shape[1:3]), 0) * (H * W)
    column, row = (_position(grid[..., k], size, align_corners, padding_mode) for k, size in ((0, W), (1, H)))

    def pixel(v, u):
        """[..., N, OH, OW, C]: the pixels in rows v and columns u, zeros outside."""
        inside = (v >= 0) & (v < H) & (u >= 0) & (u < W)
        return mb.take(pixels, mb.where(inside, image + v * W + u, -1), 0)

    if mode == "nearest":
        y = pixel(mb.round(row).astype("int32"), mb.round(column).astype("int32"))
    else:
        v, u, weights = (
            mb.stack(each) for each in zip(*((v, u, p * q) for v, p in _taps(row) for u, q in _taps(column)))
        )
        y = mb.sum(pixel(v, u) * mb.unsqueeze(weights, -1), 0)
    return mb.transpose(y, (0, 3, 1, 2))


def _position(place, size, align_corners, padding_mode):
    """In pixels; what is further outside than the next pixel is there."""
    half = (size - 1) / 2 if align_corners else size / 2
    position = place * half + (size - 1) / 2
    return mb.clip(position, 0, size - 1) if padding_mode == "border" else mb.clip(position, -2, size + 1)


def _taps(position):
    """The two next pixels, and what each counts."""
    first = mb.floor(position.detach())
    share, place = position - first, first.astype("int32")
    return (place, 1 - share), (place + 1, share)

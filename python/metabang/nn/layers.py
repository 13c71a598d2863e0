"""Layers with parameters. Each holds its tensors and calls its formula in ``functional``."""

import math

import numpy as np

import metabang as mb
from metabang.nn import functional as F
from metabang.nn import init
from metabang.nn.module import Module, Parameter
from metabang.nn.windows import Padding, Pair, each, positive
from metabang.var import Var


class _Conv(Module):
    """What convolutions share. ``weight`` [out, in/groups, *kernel], ``bias`` [out]."""

    rank = 2

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Pair, stride: Pair = 1, padding: Padding = 0,
        dilation: Pair = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros",
    ):  # fmt: skip
        positive(in_channels=in_channels, out_channels=out_channels, groups=groups)
        if in_channels % groups or out_channels % groups:
            raise mb.ShapeError(f"{in_channels} and {out_channels} channels cannot be divided into {groups} groups")
        shape = (out_channels, in_channels // groups, *each(kernel_size, self.rank, "kernel_size", 1))
        self.weight = Parameter(init.he_normal(shape, fan=math.prod(shape[1:])))
        self.bias = Parameter(np.zeros(out_channels, np.float32)) if bias else None
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        if padding_mode not in ("zeros", "reflect", "replicate", "circular"):
            raise mb.MetaBangError(
                f"padding_mode is 'zeros', 'reflect', 'replicate' or 'circular', not '{padding_mode}'"
            )
        self.padding_mode = padding_mode

    def forward(self, x: Var) -> Var:
        formula = (F.conv1d, F.conv2d, F.conv3d)[self.rank - 1]
        steps = (self.stride, self.padding, self.dilation, self.groups, self.padding_mode)
        return formula(x, self.weight, self.bias, *steps)


class Conv1d(_Conv):
    """1-d convolution of [N, C, L]; see ``functional.conv1d``."""

    rank = 1


class Conv2d(_Conv):
    """2-d convolution of [N, C, H, W]; see ``functional.conv2d``."""


class Conv3d(_Conv):
    """3-d convolution of [N, C, D, H, W]; see ``functional.conv3d``."""

    rank = 3


class _ConvTranspose(Module):
    """What transposed convolutions share. ``weight`` [in, out/groups, *kernel], ``bias`` [out]."""

    rank = 2

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Pair, stride: Pair = 1, padding: Pair = 0,
        output_padding: Pair = 0, groups: int = 1, bias: bool = True, dilation: Pair = 1,
    ):  # fmt: skip
        positive(in_channels=in_channels, out_channels=out_channels, groups=groups)
        if in_channels % groups or out_channels % groups:
            raise mb.ShapeError(f"{in_channels} and {out_channels} channels cannot be divided into {groups} groups")
        shape = (in_channels, out_channels // groups, *each(kernel_size, self.rank, "kernel_size", 1))
        self.weight = Parameter(init.he_normal(shape, fan=math.prod(shape[1:])))
        self.bias = Parameter(np.zeros(out_channels, np.float32)) if bias else None
        self.stride, self.padding, self.output_padding = stride, padding, output_padding
        self.groups, self.dilation = groups, dilation

    def forward(self, x: Var) -> Var:
        formula = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self.rank - 1]
        steps = (self.stride, self.padding, self.output_padding, self.groups, self.dilation)
        return formula(x, self.weight, self.bias, *steps)


class ConvTranspose1d(_ConvTranspose):
    """Transposed convolution of [N, C, L]; see ``functional.conv_transpose2d``."""

    rank = 1


class ConvTranspose2d(_ConvTranspose):
    """Transposed convolution of [N, C, H, W]; see ``functional.conv_transpose2d``."""


class ConvTranspose3d(_ConvTranspose):
    """Transposed convolution of [N, C, D, H, W]; see ``functional.conv_transpose3d``."""

    rank = 3


class Linear(Module):
    """``x @ weight.T + bias``; ``weight`` [out, in], ``bias`` [out]."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        positive(in_features=in_features, out_features=out_features)
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter(init.uniform((out_features, in_features), bound))
        self.bias = Parameter(init.uniform((out_features,), bound)) if bias else None

    def forward(self, x: Var) -> Var:
        return F.linear(x, self.weight, self.bias)


class Bilinear(Module):
    """``a weight[k] b`` for each output k; ``weight`` [out, in1, in2], ``bias`` [out]."""

    def __init__(self, in1_features: int, in2_features: int, out_features: int, bias: bool = True):
        positive(in1_features=in1_features, in2_features=in2_features, out_features=out_features)
        bound = 1 / math.sqrt(in1_features)
        self.weight = Parameter(init.uniform((out_features, in1_features, in2_features), bound))
        self.bias = Parameter(init.uniform((out_features,), bound)) if bias else None

    def forward(self, a: Var, b: Var) -> Var:
        return F.bilinear(a, b, self.weight, self.bias)


class Embedding(Module):
    """Rows of ``weight`` [num_embeddings, embedding_dim] at integer ids; row ``padding_idx`` is and stays zero."""

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None):
        positive(num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        rows = init.normal((num_embeddings, embedding_dim))
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise mb.BoundsError(f"padding_idx {padding_idx} is none of {num_embeddings} rows")
            rows[padding_idx] = 0
        self.weight, self.padding_idx = Parameter(rows), padding_idx

    def forward(self, ids: Var) -> Var:
        return F.embedding(ids, self.weight, self.padding_idx)


class EmbeddingBag(Module):
    """The mean, sum or maximum of rows of ``weight`` [num_embeddings, embedding_dim]: ``functional.embedding_bag``."""

    def __init__(self, num_embeddings: int, embedding_dim: int, mode: str = "mean"):
        positive(num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.weight, self.mode = Parameter(init.normal((num_embeddings, embedding_dim))), mode

    def forward(self, ids: Var, offsets: Var | None = None) -> Var:
        return F.embedding_bag(ids, self.weight, offsets, self.mode)


class CosineSimilarity(Module):
    """See ``functional.cosine_similarity``."""

    def __init__(self, axis: int = 1, eps: float = 1e-8):
        self.axis, self.eps = axis, eps

    def forward(self, a: Var, b: Var) -> Var:
        return F.cosine_similarity(a, b, self.axis, self.eps)


class PairwiseDistance(Module):
    """See ``functional.pairwise_distance``."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdims: bool = False):
        self.p, self.eps, self.keepdims = p, eps, keepdims

    def forward(self, a: Var, b: Var) -> Var:
        return F.pairwise_distance(a, b, self.p, self.eps, self.keepdims)

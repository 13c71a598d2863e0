"""Attention with several heads."""

import math

import numpy as np

import metabang as mb
from metabang.nn import functional as F
from metabang.nn import init
from metabang.nn.functional.attention import attention_weights, check_mask
from metabang.nn.layers import Linear
from metabang.nn.module import Module, Parameter
from metabang.nn.windows import positive
from metabang.var import Var


class MultiheadAttention(Module):
    """``scaled_dot_product_attention`` of ``num_heads`` projections of embed_dim / num_heads features (Vaswani et al.
    2017). ``in_proj_weight`` [3 E, E] and ``in_proj_bias`` [3 E] project query, key and value; with ``kdim`` or
    ``vdim``, the features of key and value, they are ``q_proj_weight``, ``k_proj_weight`` and ``v_proj_weight``.

    Sequences are [L, N, E], or [N, L, E] with ``batch_first``.
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, kdim: int | None = None,
        vdim: int | None = None, batch_first: bool = False,
    ):  # fmt: skip
        positive(embed_dim=embed_dim, num_heads=num_heads)
        if embed_dim % num_heads:
            raise mb.ShapeError(f"{embed_dim} features cannot be divided into {num_heads} heads")
        if not 0 <= dropout <= 1:
            raise mb.MetaBangError(f"the dropout of MultiheadAttention is between 0 and 1, not {dropout}")
        E, kdim, vdim = (embed_dim if size is None else size for size in (embed_dim, kdim, vdim))
        positive(kdim=kdim, vdim=vdim)
        self.sizes = (E, kdim, vdim)
        if kdim == vdim == E:
            self.in_proj_weight = Parameter(init.uniform((3 * E, E), math.sqrt(6 / (4 * E))))
        else:
            for name, size in zip("qkv", self.sizes):
                setattr(self, f"{name}_proj_weight", Parameter(init.uniform((E, size), math.sqrt(6 / (E + size)))))
        self.in_proj_bias = Parameter(np.zeros(3 * E, np.float32)) if bias else None
        self.out_proj = Linear(E, E, bias)
        if bias:
            self.out_proj.bias.set(np.zeros(E, np.float32))
        self.num_heads, self.dropout, self.batch_first = num_heads, dropout, batch_first

    def forward(
        self, query: Var, key: Var, value: Var, key_padding_mask: Var | None = None, need_weights: bool = True,
        attn_mask: Var | None = None, average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Var, Var | None]:  # fmt: skip
        """(output in the shape of ``query``, weights [N, L, S] or None): the weights, before dropout, are the mean over
        the heads, or [N, heads, L, S] without ``average_attn_weights``.

        ``key_padding_mask`` [N, S] and ``attn_mask`` [L, S] or [N * heads, L, S]: True where attention is forbidden, or
        a float that is added. A position that may see nothing by truth values gets weights of 0. Raises ShapeError,
        and DTypeError for a mask of integers.
        """
        for name, x, size in zip(("query", "key", "value"), (query, key, value), self.sizes):
            if x.ndim != 3 or x.shape[2] != size:
                wanted = "[N, L" if self.batch_first else "[L, N"
                raise mb.ShapeError(f"MultiheadAttention needs a {name} of shape {wanted}, {size}], not {x.shape}")
        if not self.batch_first:
            query, key, value = (mb.swapaxes(x, 0, 1) for x in (query, key, value))
        N, L, E = query.shape
        S = key.shape[1]
        if key.shape[0] != N or value.shape[:2] != (N, S):
            raise mb.ShapeError(
                f"MultiheadAttention needs keys and values of {N} sequences of one length, not {key.shape} and "
                f"{value.shape}"
            )
        q, k, v = (self._heads(F.linear(x, *each)) for x, each in zip((query, key, value), self._projections()))
        bias, allowed = self._masks(key_padding_mask, attn_mask, N, L, S)
        weights = attention_weights(q, k, bias, is_causal, allowed=allowed)
        y = F.dropout(weights, self.dropout, self.training) @ v
        y = self.out_proj(mb.swapaxes(y, 1, 2).reshape(N, L, E))
        if not need_weights:
            weights = None
        elif average_attn_weights:
            weights = mb.mean(weights, 1)
        return (y if self.batch_first else mb.swapaxes(y, 0, 1)), weights

    def _projections(self):
        """(weight, bias) of query, key and value."""
        E, bias = self.sizes[0], self.in_proj_bias
        parts = [slice(k * E, (k + 1) * E) for k in range(3)]
        if hasattr(self, "in_proj_weight"):
            weights = [self.in_proj_weight[part] for part in parts]
        else:
            weights = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        return [(weight, None if bias is None else bias[part]) for weight, part in zip(weights, parts)]

    def _heads(self, x):
        """[N, heads, L, E / heads]."""
        N, L, E = x.shape
        return mb.swapaxes(x.reshape(N, L, self.num_heads, E // self.num_heads), 1, 2)

    def _masks(self, key_padding_mask, attn_mask, N, L, S):
        """What is added to the scores [N, heads, L, S], and where attention is allowed; None for nothing."""
        masks = []
        if key_padding_mask is not None:
            check_mask(key_padding_mask, "key_padding_mask")
            if key_padding_mask.shape != (N, S):
                raise mb.ShapeError(f"key_padding_mask has the shape {(N, S)}, got {key_padding_mask.shape}")
            masks.append(key_padding_mask.reshape(N, 1, 1, S))
        if attn_mask is not None:
            check_mask(attn_mask, "attn_mask")
            if attn_mask.shape not in ((L, S), (N * self.num_heads, L, S)):
                wanted = f"{(L, S)} or {(N * self.num_heads, L, S)}"
                raise mb.ShapeError(f"attn_mask has the shape {wanted}, got {attn_mask.shape}")
            masks.append(attn_mask.reshape(-1, 1 if attn_mask.ndim == 2 else self.num_heads, L, S))
        bias = allowed = None
        for mask in masks:
            if mask.dtype == "bool":
                mask = mb.broadcast_to(mb.logical_not(mask), (N, self.num_heads, L, S))
                allowed = mask if allowed is None else mb.logical_and(allowed, mask)
            else:
                bias = mask if bias is None else bias + mask
        return bias, allowed

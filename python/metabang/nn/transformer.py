"""The layers of transformers (Vaswani et al. 2017), with PyTorch's parameters and order of operations."""

import copy
from collections.abc import Callable

import metabang as mb
from metabang.nn import functional as F
from metabang.nn.attention import MultiheadAttention
from metabang.nn.containers import ModuleList
from metabang.nn.dropout import Dropout
from metabang.nn.layers import Linear
from metabang.nn.module import Module
from metabang.nn.norms import LayerNorm
from metabang.nn.windows import positive
from metabang.var import Var


class _Layer(Module):
    """What both kinds share: attentions, then two linear layers with an activation between, each added to its input
    and normalised behind the sum, or before the block with ``norm_first``."""

    attentions = ("self_attn",)

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: str | Callable = "relu", layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True,
    ):  # fmt: skip
        positive(dim_feedforward=dim_feedforward)
        if activation not in ("relu", "gelu") and not callable(activation):
            raise mb.MetaBangError(f"activation is 'relu', 'gelu' or a function, not '{activation}'")
        for name in self.attentions:
            setattr(self, name, MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first))
        self.linear1, self.linear2 = Linear(d_model, dim_feedforward, bias), Linear(dim_feedforward, d_model, bias)
        for k in range(1, len(self.attentions) + 2):
            norm = LayerNorm(d_model, layer_norm_eps)
            if not bias:
                norm.bias = None
            setattr(self, f"norm{k}", norm)
            setattr(self, f"dropout{k}", Dropout(dropout))
        self.dropout, self.norm_first = Dropout(dropout), norm_first
        self.activation = {"relu": F.relu, "gelu": F.gelu}[activation] if isinstance(activation, str) else activation

    def _block(self, x, number, function):
        """x and the function of it, with the norm and the dropout of this number."""
        norm, dropout = getattr(self, f"norm{number}"), getattr(self, f"dropout{number}")
        return x + dropout(function(norm(x))) if self.norm_first else norm(x + dropout(function(x)))

    def _feed_forward(self, x):
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Self-attention and two linear layers, of [L, N, E], or [N, L, E] with ``batch_first``."""

    def forward(
        self, src: Var, src_mask: Var | None = None, src_key_padding_mask: Var | None = None, is_causal: bool = False
    ) -> Var:
        """Masks as of ``MultiheadAttention``."""

        def attend(x):
            return self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)[0]

        return self._block(self._block(src, 1, attend), 2, self._feed_forward)


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to the encoder's output, and two linear layers."""

    attentions = ("self_attn", "multihead_attn")

    def forward(
        self, tgt: Var, memory: Var, tgt_mask: Var | None = None, memory_mask: Var | None = None,
        tgt_key_padding_mask: Var | None = None, memory_key_padding_mask: Var | None = None,
        tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Var:  # fmt: skip
        """Masks as of ``MultiheadAttention``."""

        def attend(x):
            return self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)[0]

        def look(x):
            masks = (memory_key_padding_mask, False, memory_mask)
            return self.multihead_attn(x, memory, memory, *masks, is_causal=memory_is_causal)[0]

        return self._block(self._block(self._block(tgt, 1, attend), 2, look), 3, self._feed_forward)


class _Stack(Module):
    """``num_layers`` copies of a layer, which start equal as in PyTorch, and a norm behind them."""

    def __init__(self, layer: Module, num_layers: int, norm: Module | None = None):
        positive(num_layers=num_layers)
        self.layers = ModuleList([copy.deepcopy(layer) for _ in range(num_layers)])
        self.norm = norm

    def _run(self, x, *others, **masks):
        for layer in self.layers.children():
            x = layer(x, *others, **masks)
        return x if self.norm is None else self.norm(x)


class TransformerEncoder(_Stack):
    """``num_layers`` copies of an encoder layer."""

    def forward(
        self, src: Var, mask: Var | None = None, src_key_padding_mask: Var | None = None, is_causal: bool = False
    ) -> Var:
        """Masks as of ``MultiheadAttention``, the same for every layer."""
        return self._run(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=is_causal)


class TransformerDecoder(_Stack):
    """``num_layers`` copies of a decoder layer."""

    def forward(
        self, tgt: Var, memory: Var, tgt_mask: Var | None = None, memory_mask: Var | None = None,
        tgt_key_padding_mask: Var | None = None, memory_key_padding_mask: Var | None = None,
        tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Var:  # fmt: skip
        """Masks as of ``MultiheadAttention``, the same for every layer."""
        return self._run(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )  # fmt: skip

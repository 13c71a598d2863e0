"""Calls of nn.functional that are compared with PyTorch; names and arguments are the same in both."""

import numpy as np
from torch_cases import wave


class Fixed(np.ndarray):
    """A float array that is not differentiated: PyTorch has no gradient for it."""


def is_differentiated(value) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and not isinstance(value, Fixed)


class Call:
    """`function(*arguments, **options)` with arrays among the arguments; float arrays are differentiated."""

    def __init__(self, function, *arguments, **options):
        self.function, self.arguments, self.options = function, arguments, options

    def __call__(self, functional, tensor):
        """The result, and the tensors of the float arrays."""
        made = {key: tensor(a) if isinstance(a, np.ndarray) else a for key, a in self._all().items()}
        floats = [made[key] for key, a in self._all().items() if is_differentiated(a)]
        arguments = [made[k] for k in range(len(self.arguments))]
        result = getattr(functional, self.function)(*arguments, **{name: made[name] for name in self.options})
        return (result[0] if isinstance(result, tuple) else result), floats

    def _all(self):
        """Arguments by number, options by name."""
        return {**dict(enumerate(self.arguments)), **self.options}


def a(*shape, phase=0.5, scale=1.0):
    return wave(shape, phase).astype(np.float64) * scale


def probabilities(*shape, phase=0.3):
    weights = np.exp(2 * a(*shape, phase=phase))
    return weights / weights.sum(-1, keepdims=True)


IMAGE, W, B = a(2, 4, 7, 6), a(6, 4, 3, 3, phase=1.1, scale=0.5), a(6, phase=2.2)
GROUPED = a(6, 2, 3, 3, phase=1.2)
SEQUENCE, VOLUME = a(2, 4, 11), a(1, 4, 5, 6, 4)
LOGITS, LABELS = a(5, 7, scale=3), np.array([0, 3, 6, -100, 2])
PLANES = np.arange(6).reshape(2, 3) % 4
QUERY, KEY, VALUE = a(2, 3, 5, 8), a(2, 3, 6, 8, phase=1), a(2, 3, 6, 4, phase=2)
MASK = np.tri(5, 6, 1, dtype=bool)

ACTIVATIONS = """relu relu6 elu selu celu silu mish softplus softsign softshrink tanhshrink hardtanh hardsigmoid
    hardswish hardshrink
    gelu logsigmoid leaky_relu""".split()
CALLS = {name: Call(name, a(2, 4, 7, 6, scale=4)) for name in ACTIVATIONS} | {
    "gelu_tanh": Call("gelu", IMAGE, approximate="tanh"),
    "glu": Call("glu", IMAGE, 1),
    "prelu": Call("prelu", IMAGE, a(4, phase=3)),
    "threshold": Call("threshold", IMAGE, 0.1, 7.0),
    "softmax": Call("softmax", IMAGE, 1),
    "softmin": Call("softmin", IMAGE, 1),
    "log_softmax": Call("log_softmax", IMAGE, 1),
    "conv2d": Call("conv2d", IMAGE, W, B, 1, 1),
    "conv2d_strided": Call("conv2d", IMAGE, W, B, (2, 1), (1, 0)),
    "conv2d_dilated": Call("conv2d", IMAGE, W, B, 1, 2, 2),
    "conv2d_grouped": Call("conv2d", IMAGE, GROUPED, B, 2, 1, 1, 2),
    "conv2d_depthwise": Call("conv2d", IMAGE, a(4, 1, 3, 3), None, 1, 1, 1, 4),
    "conv2d_multiplier": Call("conv2d", IMAGE, a(8, 1, 3, 3), None, 1, 1, 1, 4),
    "conv1d": Call("conv1d", SEQUENCE, a(6, 4, 3), B, 2, 1),
    "conv1d_grouped": Call("conv1d", SEQUENCE, a(6, 2, 3), None, 1, 2, 2, 2),
    "conv3d": Call("conv3d", VOLUME, a(6, 4, 3, 3, 3), B, (1, 2, 1), 1),
    "conv3d_grouped": Call("conv3d", VOLUME, a(6, 2, 3, 2, 3), None, 2, 1, 1, 2),
    "conv_transpose1d": Call("conv_transpose1d", SEQUENCE, a(4, 6, 3), B, 2, 1, 1),
    "conv_transpose2d": Call("conv_transpose2d", IMAGE, a(4, 6, 3, 3), B, 2, 1, 1),
    "conv_transpose2d_grouped": Call("conv_transpose2d", IMAGE, a(4, 3, 3, 3), None, (2, 1), 1, 0, 2, 2),
    "conv_transpose3d": Call("conv_transpose3d", a(2, 4, 3, 4, 3), a(4, 3, 3, 3, 3), B, 2, 1, 1, 2),
    "linear": Call("linear", a(3, 5, 7), a(4, 7, phase=1), a(4, phase=2)),
    "bilinear": Call("bilinear", a(3, 5), a(3, 6), a(4, 5, 6, phase=1), a(4, phase=2)),
    "adaptive_avg_pool1d": Call("adaptive_avg_pool1d", SEQUENCE, 4),
    "adaptive_avg_pool2d": Call("adaptive_avg_pool2d", IMAGE, (4, 5)),
    "adaptive_max_pool2d": Call("adaptive_max_pool2d", IMAGE, (4, 5)),
    "layer_norm": Call("layer_norm", IMAGE, (7, 6), a(7, 6, phase=1), a(7, 6, phase=2)),
    "rms_norm": Call("rms_norm", IMAGE, (6,), a(6, phase=1), 1e-6),
    "group_norm": Call("group_norm", IMAGE, 2, a(4, phase=1), a(4, phase=2)),
    "normalize": Call("normalize", IMAGE, 2.0),
    "normalize_3": Call("normalize", IMAGE, 3.0),
    "cross_entropy": Call("cross_entropy", LOGITS, LABELS),
    "cross_entropy_smooth": Call("cross_entropy", LOGITS, LABELS, label_smoothing=0.1),
    "cross_entropy_none": Call("cross_entropy", LOGITS, LABELS, reduction="none"),
    "cross_entropy_images": Call("cross_entropy", a(2, 4, 3), PLANES),
    "cross_entropy_probabilities": Call("cross_entropy", LOGITS, probabilities(5, 7)),
    "binary_cross_entropy": Call("binary_cross_entropy", probabilities(5, 7), probabilities(5, 7, phase=1)),
    "binary_cross_entropy_with_logits": Call("binary_cross_entropy_with_logits", LOGITS, probabilities(5, 7)),
    "kl_div": Call("kl_div", np.log(probabilities(5, 7, phase=2)), probabilities(5, 7), reduction="batchmean"),
    "attention": Call("scaled_dot_product_attention", QUERY, KEY, VALUE),
    "attention_masked": Call("scaled_dot_product_attention", QUERY, KEY, VALUE, MASK),
    "attention_causal": Call("scaled_dot_product_attention", QUERY, KEY[..., :5, :], VALUE[..., :5, :], is_causal=True),
    "embedding": Call("embedding", np.array([[1, 3], [0, 3]]), a(5, 4)),
    "interpolate_linear": Call("interpolate", a(2, 3, 5), 7, mode="linear"),
}
# name: (class, options, shape of the input, shape of each tensor of the state, how many tensors that is)
RECURRENT = {
    "LSTM": ("LSTM", {"num_layers": 2, "bidirectional": True}, (4, 2, 3), (4, 2, 5), 2),
    "LSTM batch first": ("LSTM", {"batch_first": True, "bias": False}, (2, 4, 3), (1, 2, 5), 2),
    "GRU": ("GRU", {"num_layers": 2, "bidirectional": True}, (4, 2, 3), (4, 2, 5), 1),
    "GRU without a state": ("GRU", {"num_layers": 3, "batch_first": True}, (2, 4, 3), (), 0),
    "RNN": ("RNN", {"bidirectional": True, "nonlinearity": "relu"}, (4, 2, 3), (2, 2, 5), 1),
}


def recurrent(name, nn, tensor, load):
    """The results (output and state) and what is differentiated (input, state and parameters) of a case."""
    kind, options, shape, state, count = RECURRENT[name]
    layer = getattr(nn, kind)(3, 5, **options)
    load(layer)
    x, given = tensor(a(*shape)), [tensor(a(*state, phase=k + 1)) for k in range(count)]
    output, last = layer(x, *([tuple(given)] if count == 2 else given))
    results = [output, *(last if isinstance(last, tuple) else [last])]
    return results, [x, *given, *(p for _, p in sorted(layer.named_parameters()))]


CLASS_WEIGHTS = np.array([0.5, 2, 1, 3, 0.1, 1, 4]).view(Fixed)
SIGNS = np.where(a(5, 7, phase=3) > 0, 1.0, -1.0).view(Fixed)
STATISTICS = a(4, phase=5).view(Fixed), (a(4, phase=6) ** 2 + 0.5).view(Fixed)
CALLS |= {
    f"max_pool{rank}d_ceil": Call(f"max_pool{rank}d", x, 2, 2, 1, ceil_mode=True, return_indices=True)
    for rank, x in ((1, SEQUENCE), (2, IMAGE), (3, VOLUME))
}
CALLS |= {
    f"avg_pool{rank}d_ceil_{include}": Call(
        f"avg_pool{rank}d", x, 3, 2, 1, ceil_mode=True, count_include_pad=include == "padded"
    )
    for rank, x in ((1, SEQUENCE), (2, IMAGE), (3, VOLUME))
    for include in ("padded", "inside")
}
CALLS |= {
    "max_pool2d_dilated": Call("max_pool2d", IMAGE, 2, 1, 1, 2, ceil_mode=True),
    "avg_pool2d_divisor": Call("avg_pool2d", IMAGE, (3, 2), 2, 1, divisor_override=4),
    "adaptive_avg_pool3d": Call("adaptive_avg_pool3d", VOLUME, (3, 4, 2)),
    "adaptive_max_pool1d": Call("adaptive_max_pool1d", SEQUENCE, 4),
    "adaptive_max_pool3d": Call("adaptive_max_pool3d", VOLUME, (3, 4, 2)),
    "conv2d_valid": Call("conv2d", IMAGE, W, B, 2, "valid"),
    "conv2d_same": Call("conv2d", IMAGE, W, B, 1, "same", 2),
    "batch_norm": Call("batch_norm", IMAGE, *STATISTICS, a(4, phase=1), a(4, phase=2)),
    "batch_norm_plain": Call("batch_norm", IMAGE, *STATISTICS),
    "instance_norm": Call("instance_norm", IMAGE, weight=a(4, phase=1), bias=a(4, phase=2)),
    "rms_norm_default": Call("rms_norm", IMAGE, (7, 6)),
    "local_response_norm": Call("local_response_norm", IMAGE, 3, 0.5, 0.75, 2.0),
    "local_response_norm_even": Call("local_response_norm", IMAGE, 2),
    "embedding_padding": Call("embedding", np.array([[1, 3], [0, 3]]), a(5, 4), padding_idx=3),
    "cosine_similarity": Call("cosine_similarity", IMAGE, a(2, 4, 7, 6, phase=2)),
    "pairwise_distance": Call("pairwise_distance", LOGITS, a(5, 7, phase=2), 3.0),
    "pairwise_distance_2": Call("pairwise_distance", LOGITS, a(5, 7, phase=2)),
    "pixel_shuffle": Call("pixel_shuffle", IMAGE, 2),
    "pixel_unshuffle": Call("pixel_unshuffle", a(1, 3, 6, 4), 2),
    "attention_empty_rows": Call("scaled_dot_product_attention", QUERY, KEY, VALUE, np.tri(5, 6, -2, dtype=bool)),
    "attention_bias": Call("scaled_dot_product_attention", QUERY, KEY, VALUE, a(3, 5, 6, phase=4)),
    "attention_scale": Call("scaled_dot_product_attention", QUERY, KEY, VALUE, scale=0.2),
    "interpolate_nearest_exact": Call("interpolate", IMAGE, (10, 4), mode="nearest-exact"),
    "interpolate_nearest_1.5": Call("interpolate", a(1, 2, 5, 7), scale_factor=1.5),
    "interpolate_nearest_two": Call("interpolate", a(1, 2, 5, 7), scale_factor=(0.6, 2.3)),
    "interpolate_nearest_exact_1.5": Call("interpolate", a(1, 2, 5, 7), scale_factor=1.5, mode="nearest-exact"),
    "interpolate_area": Call("interpolate", IMAGE, (5, 4), mode="area"),
    "interpolate_trilinear": Call("interpolate", VOLUME, scale_factor=(1.5, 2.0, 1.2), mode="trilinear"),
    "interpolate_bicubic_1.7": Call("interpolate", IMAGE, scale_factor=1.7, mode="bicubic"),
    "interpolate_bicubic_1.05": Call("interpolate", IMAGE, scale_factor=(1.05, 1.4), mode="bicubic"),
    "interpolate_nearest_same": Call("interpolate", IMAGE, scale_factor=(1.05, 2.1)),
    "interpolate_bicubic_recomputed": Call(
        "interpolate", IMAGE, scale_factor=1.7, mode="bicubic", recompute_scale_factor=True
    ),
    "interpolate_bilinear_corners_factor": Call(
        "interpolate", IMAGE, scale_factor=1.7, mode="bilinear", align_corners=True
    ),
    "nll_loss": Call("nll_loss", LOGITS, LABELS, weight=CLASS_WEIGHTS),
    "nll_loss_ignored_class": Call("nll_loss", LOGITS, np.array([0, 3, 6, 3, 2]), ignore_index=3),
    "cross_entropy_weighted": Call("cross_entropy", LOGITS, LABELS, weight=CLASS_WEIGHTS, label_smoothing=0.2),
    "cross_entropy_weighted_none": Call(
        "cross_entropy", LOGITS, LABELS, weight=CLASS_WEIGHTS, label_smoothing=0.2, reduction="none"
    ),
    "cross_entropy_weighted_probabilities": Call(
        "cross_entropy", LOGITS, probabilities(5, 7), weight=CLASS_WEIGHTS, label_smoothing=0.2
    ),
    "binary_cross_entropy_weighted": Call(
        "binary_cross_entropy", probabilities(5, 7), probabilities(5, 7, phase=1), weight=CLASS_WEIGHTS
    ),
    "binary_cross_entropy_with_logits_weighted": Call(
        "binary_cross_entropy_with_logits", LOGITS, probabilities(5, 7), weight=CLASS_WEIGHTS,
        pos_weight=CLASS_WEIGHTS[::-1].copy(),
    ),
    "poisson_nll_loss": Call("poisson_nll_loss", a(5, 7), (a(5, 7, phase=2, scale=4) ** 2).view(Fixed), full=True),
    "poisson_nll_loss_plain": Call(
        "poisson_nll_loss", probabilities(5, 7), (a(5, 7, phase=2) ** 2).view(Fixed), log_input=False
    ),
    "gaussian_nll_loss": Call("gaussian_nll_loss", LOGITS, a(5, 7, phase=2), probabilities(5, 7), full=True),
    "soft_margin_loss": Call("soft_margin_loss", LOGITS, SIGNS),
    "hinge_embedding_loss": Call("hinge_embedding_loss", LOGITS, SIGNS, margin=0.7),
    "margin_ranking_loss": Call("margin_ranking_loss", LOGITS, a(5, 7, phase=2), SIGNS, margin=0.3),
    "cosine_embedding_loss": Call("cosine_embedding_loss", LOGITS, a(5, 7, phase=2), SIGNS[:, 0].copy(), margin=-0.2),
    "triplet_margin_loss": Call("triplet_margin_loss", LOGITS, a(5, 7, phase=2), a(5, 7, phase=5), 4.0, swap=True),
}  # fmt: skip
for _loss in ("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss"):
    for _reduction in ("mean", "sum", "none"):
        CALLS[f"{_loss}_{_reduction}"] = Call(_loss, LOGITS, a(5, 7, phase=2), reduction=_reduction)
for _rank, _input in ((1, SEQUENCE), (2, IMAGE), (3, VOLUME)):
    CALLS[f"max_pool{_rank}d"] = Call(f"max_pool{_rank}d", _input, 3, 2, 1)
    CALLS[f"avg_pool{_rank}d"] = Call(f"avg_pool{_rank}d", _input, 3, 2, 1)
for _mode in ("constant", "reflect", "replicate", "circular"):
    CALLS[f"pad_{_mode}"] = Call("pad", IMAGE, (2, 1, 1, 3), mode=_mode)
for _mode in ("nearest", "bilinear", "bicubic"):
    CALLS[f"interpolate_{_mode}"] = Call("interpolate", IMAGE, (10, 4), mode=_mode)
    CALLS[f"interpolate_{_mode}_factor"] = Call("interpolate", IMAGE, scale_factor=2, mode=_mode)
for _mode in ("bilinear", "bicubic"):
    CALLS[f"interpolate_{_mode}_corners"] = Call("interpolate", IMAGE, (10, 4), mode=_mode, align_corners=True)

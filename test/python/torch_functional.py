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
    "LSTM of one": ("LSTM", {"num_layers": 2, "batch_first": True}, (4, 3), (2, 5), 2),
    "GRU of one": ("GRU", {"bidirectional": True}, (4, 3), (2, 5), 1),
    "RNN of one": ("RNN", {}, (4, 3), (), 0),
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
BAG = np.array([[1, 3, 1], [0, 3, 4]])
PLACES = np.stack([np.random.default_rng(k).permutation(20)[:6].reshape(2, 3) for k in range(8)]).reshape(2, 4, 2, 3)
CALLS |= {
    "unfold": Call("unfold", IMAGE, (3, 2), (1, 2), (2, 1), 2),
    "fold": Call("fold", a(2, 12, 20), (6, 5), 2, 1, 0, 1),
    "fold_strided": Call("fold", a(2, 24, 8), (5, 7), (2, 3), (2, 1), (1, 1), (3, 2)),
    "max_unpool2d": Call("max_unpool2d", a(2, 4, 2, 3), PLACES, 2, output_size=(4, 5)),
    "max_unpool1d": Call("max_unpool1d", a(2, 4, 3), np.array([[[1, 2, 5]] * 4] * 2), 2),
    "lp_pool2d": Call("lp_pool2d", a(2, 4, 7, 6) + 2, 3.0, (3, 2), 2),
    "lp_pool1d": Call("lp_pool1d", SEQUENCE, 2.0, 3, 2, ceil_mode=False),
    "channel_shuffle": Call("channel_shuffle", a(2, 6, 3, 2), 3),
    "multi_margin_loss": Call("multi_margin_loss", LOGITS, np.array([0, 3, 6, 1, 2]), margin=0.7),
    "multi_margin_loss_squared": Call(
        "multi_margin_loss", LOGITS, np.array([0, 3, 6, 1, 2]), 2, weight=CLASS_WEIGHTS, reduction="sum"
    ),
    "multilabel_soft_margin_loss": Call(
        "multilabel_soft_margin_loss", LOGITS, (SIGNS > 0).astype(float).view(Fixed), CLASS_WEIGHTS
    ),
    "embedding_bag": Call("embedding_bag", BAG, a(5, 4), mode="mean"),
    "embedding_bag_max": Call("embedding_bag", BAG, a(5, 4), mode="max"),
    "embedding_bag_sum": Call("embedding_bag", BAG, a(5, 4), mode="sum"),
}


class OfLogits(Call):
    """Of the log_softmax of the first argument: PyTorch's derivative of ctc_loss is right only behind one."""

    def __call__(self, functional, tensor):
        x = tensor(self.arguments[0])
        log_probs = functional.log_softmax(x, -1)
        return getattr(functional, self.function)(log_probs, *map(tensor, self.arguments[1:]), **self.options), [x]


CTC = a(7, 3, 5, scale=2), np.array([[1, 2, 2], [3, 1, 4], [4, 4, 1]]), np.array([7, 5, 6]), np.array([3, 2, 1])
CALLS |= {
    "ctc_loss": OfLogits("ctc_loss", *CTC),
    "ctc_loss_none": OfLogits("ctc_loss", *CTC, blank=0, reduction="none"),
    "ctc_loss_impossible": OfLogits(
        "ctc_loss", CTC[0][:3], CTC[1], np.array([3, 3, 2]), np.array([3, 2, 2]), reduction="sum", zero_infinity=True
    ),
}


class Sampled(Call):
    """`samples` have another name in PyTorch."""

    def __call__(self, functional, tensor):
        name = "_random_samples" if functional.__name__.startswith("torch") else "samples"
        return Call(self.function, *self.arguments, **{name: self.options["samples"]})(functional, tensor)


# Places in an image of 7 x 6, outside of it too: between pixels, and next to pixels.
GRID = a(2, 5, 4, 2, phase=1.3, scale=1.4)
CALLS |= {
    f"grid_sample_{mode}_{padding}{'_corners' * corners}": Call(
        "grid_sample", IMAGE, GRID if mode == "bilinear" else GRID.view(Fixed), mode, padding, corners
    )
    for mode in ("bilinear", "nearest")
    for padding in ("zeros", "border")
    for corners in (False, True)
}
IN_A_ROW, BEGINS = np.array([1, 3, 1, 0, 3, 4]), np.array([0, 2, 2, 5, 6])  # the second and the last are empty
CALLS |= {
    f"embedding_bag_offsets_{mode}": Call("embedding_bag", IN_A_ROW, a(5, 4), BEGINS, mode=mode)
    for mode in ("mean", "sum", "max")
}
SAMPLES = np.random.default_rng(0).random((2, 4, 2)).view(Fixed)
CALLS |= {
    "fractional_max_pool2d": Sampled("fractional_max_pool2d", IMAGE, 2, (4, 3), samples=SAMPLES),
    "fractional_max_pool2d_ratio": Sampled("fractional_max_pool2d", IMAGE, (3, 2), None, (0.6, 0.6), samples=SAMPLES),
    "ctc_loss_concatenated": OfLogits("ctc_loss", CTC[0], np.array([1, 2, 2, 3, 1, 4]), CTC[2], CTC[3]),
}

# Modules of several inputs: (class, positional arguments, options, inputs, options of the call); one array is a tensor.
SOURCE, MEMORY = a(5, 2, 8), a(6, 2, 8, phase=1)
PADDED, LATER = np.arange(12).reshape(2, 6) % 6 > 3, np.triu(np.ones((5, 6), bool), 2)
MODULES = {
    "attention_self": ("MultiheadAttention", (8, 2), {}, [SOURCE] * 3, {"need_weights": True}),
    "attention_cross": (
        "MultiheadAttention", (8, 4), {"batch_first": True}, [a(2, 5, 8), a(2, 6, 8, phase=1), a(2, 6, 8, phase=2)],
        {"key_padding_mask": PADDED, "attn_mask": LATER, "average_attn_weights": False},
    ),
    "attention_sizes": (
        "MultiheadAttention", (8, 2), {"kdim": 3, "vdim": 5, "bias": False}, [SOURCE, a(6, 2, 3), a(6, 2, 5)],
        {"attn_mask": a(4, 5, 6, phase=3).view(Fixed)},
    ),
    "encoder_layer": (
        "TransformerEncoderLayer", (8, 2, 12), {"dropout": 0.0}, [MEMORY], {"src_key_padding_mask": PADDED},
    ),
    "encoder_layer_first": (
        "TransformerEncoderLayer", (8, 2, 12), {"norm_first": True, "activation": "gelu", "batch_first": True},
        [a(2, 5, 8)], {"src_mask": np.triu(np.ones((5, 5), bool), 1)},
    ),
    "decoder_layer": (
        "TransformerDecoderLayer", (8, 2, 12), {}, [SOURCE, MEMORY],
        {"memory_key_padding_mask": PADDED, "tgt_mask": np.triu(np.ones((5, 5), bool), 1)},
    ),
}  # fmt: skip


def module(name, nn, tensor, load):
    """The results of a case, and what is differentiated: inputs and parameters."""
    kind, arguments, options, inputs, call = MODULES[name]
    layer = getattr(nn, kind)(*arguments, **options)
    layer.eval()
    load(layer)
    made = [tensor(x) for x in inputs]
    if all(x is inputs[0] for x in inputs):
        made = made[:1] * len(made)
    result = layer(*made, **{key: tensor(v) if isinstance(v, np.ndarray) else v for key, v in call.items()})
    results = [each for each in (result if isinstance(result, tuple) else (result,)) if each is not None]
    leaves = made[:1] if made[0] is made[-1] else made
    return results, [*leaves, *(p for _, p in sorted(layer.named_parameters()))]

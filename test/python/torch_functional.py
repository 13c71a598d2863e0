"""Calls of nn.functional that are compared with PyTorch; names and arguments are the same in both."""

import numpy as np
from torch_cases import wave


class Call:
    """`function(*arguments, **options)` with arrays among the arguments; float arrays are differentiated."""

    def __init__(self, function, *arguments, **options):
        self.function, self.arguments, self.options = function, arguments, options

    def __call__(self, functional, tensor):
        """The result, and the tensors of the float arrays."""
        made = [tensor(a) if isinstance(a, np.ndarray) else a for a in self.arguments]
        floats = [m for m, a in zip(made, self.arguments) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
        return getattr(functional, self.function)(*made, **self.options), floats


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
    hardswish
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

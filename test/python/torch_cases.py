"""The layers that are compared with PyTorch, and inputs and weights that need no random generator."""

import numpy as np

# name: (class, arguments); the names and arguments are the same in metabang.nn and torch.nn
LAYERS = {
    "conv_strided_dilated_grouped": ("Conv2d", (6, 4, 3, 2, 1, 2, 2)),
    "conv_same_depthwise": ("Conv2d", (6, 6, 5, 1, "same", 1, 6)),
    "conv_rectangular": ("Conv2d", (6, 5, (3, 2), (2, 1), (1, 0))),
    "batch_norm": ("BatchNorm2d", (6,)),
    "max_pool": ("MaxPool2d", (3, 2, 1)),
    "avg_pool": ("AvgPool2d", (3, 2, 1)),
    "adaptive_avg_pool": ("AdaptiveAvgPool2d", ((4, 3),)),
    "linear": ("Linear", (11, 4)),
    "leaky_relu": ("LeakyReLU", (0.2,)),
    "gelu": ("GELU", ()),
    "silu": ("SiLU", ()),
    "hardswish": ("Hardswish", ()),
    "hardshrink": ("Hardshrink", (0.3,)),
    "max_pool_ceil": ("MaxPool2d", (3, 2, 1, 1, False, True)),
    "avg_pool_ceil_inside": ("AvgPool2d", (3, 2, 1, True, False)),
    "adaptive_max_pool": ("AdaptiveMaxPool2d", ((4, 3),)),
    "instance_norm": ("InstanceNorm2d", (6,)),
    "group_norm": ("GroupNorm", (3, 6)),
    "layer_norm": ("LayerNorm", ((10, 11),)),
    "rms_norm": ("RMSNorm", (11, 1e-6)),
    "batch_norm_plain": ("BatchNorm2d", (6, 1e-3, 0.1, False)),
    "local_response_norm": ("LocalResponseNorm", (3, 0.1)),
    "conv_transpose": ("ConvTranspose2d", (6, 4, 3, 2, 1, 1, 2)),
    "conv_reflected": ("Conv2d", (6, 4, 3, 1, 1, 1, 1, True, "reflect")),
    "conv_circular": ("Conv2d", (6, 4, 3, 1, (2, 1), 1, 1, True, "circular")),
    "zero_pad": ("ZeroPad2d", ((1, 2, 0, 3),)),
    "constant_pad": ("ConstantPad2d", (1, 2.5)),
    "reflection_pad": ("ReflectionPad2d", (2,)),
    "replication_pad": ("ReplicationPad2d", ((1, 0, 2, 3),)),
    "circular_pad": ("CircularPad2d", (1,)),
    "upsample": ("Upsample", (None, 1.5, "bicubic")),
    "pixel_unshuffle": ("PixelUnshuffle", (1,)),
    "unflatten": ("Unflatten", (1, (2, 3))),
}
SHAPE = (2, 6, 10, 11)
RESNET_SHAPE = (1, 3, 64, 64)


def wave(shape, phase):
    """float32 values in [-1, 1] that look irregular."""
    return np.sin(np.arange(np.prod(shape)) * 0.7310585 + phase).astype(np.float32).reshape(shape)


def state(shapes):
    """Values for the named tensors: variances positive, filters scaled so that activations keep their size."""
    values = {}
    for phase, (name, shape) in enumerate(sorted(shapes.items())):
        if name.endswith("running_var"):
            values[name] = 1 + 0.5 * wave(shape, phase)
        elif len(shape) > 1:
            values[name] = wave(shape, phase) * np.float32(2 / np.sqrt(np.prod(shape[1:])))
        else:
            values[name] = 0.5 * wave(shape, phase) + np.float32(name.endswith("weight"))
    return values

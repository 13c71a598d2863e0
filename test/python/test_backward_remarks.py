"""The backward of each layer runs on the builtins of its forward: no kernel of it is scalar code."""

import json
import re

import numpy as np
import pytest
from programs import TARGETS, needs_compiler, remarks_of

import metabang as mb
from metabang import _core
from metabang.fold import fold_program
from metabang.nn import functional as F

IMAGE, VECTORS = (4, 16, 8, 8), (20, 48)
CHANNELS, LAST = ((16,), (16,)), ((48,), (48,))


def batch_norm(x, w, b):
    return F.batch_norm(x, x.mean((0, 2, 3)), x.var((0, 2, 3)), w, b)


LAYERS = {
    "conv 3x3": (lambda x, w: F.conv2d(x, w, padding=1), IMAGE, (32, 16, 3, 3)),
    "conv 3x3, stride 2": (lambda x, w: F.conv2d(x, w, stride=2, padding=1), IMAGE, (32, 16, 3, 3)),
    "conv 3x3, dilated": (lambda x, w: F.conv2d(x, w, dilation=2, padding=2), IMAGE, (32, 16, 3, 3)),
    "conv 3x3, groups": (lambda x, w: F.conv2d(x, w, padding=1, groups=4), IMAGE, (32, 4, 3, 3)),
    "conv 3x3, depthwise": (lambda x, w: F.conv2d(x, w, padding=1, groups=16), IMAGE, (16, 1, 3, 3)),
    "conv 1x1": (F.conv2d, IMAGE, (32, 16, 1, 1)),
    "conv 1x1, stride 2": (lambda x, w: F.conv2d(x, w, stride=2), IMAGE, (32, 16, 1, 1)),
    "conv 7x7 of colours": (lambda x, w: F.conv2d(x, w, stride=2, padding=3), (4, 3, 16, 16), (32, 3, 7, 7)),
    "linear": (F.linear, VECTORS, (10, 48), (10,)),
    "matmul": (mb.matmul, (20, 48), (48, 30)),
    "matmul of batches": (mb.matmul, (3, 20, 48), (3, 48, 30)),
    "matmul of one with a batch": (mb.matmul, (20, 48), (3, 48, 30)),
    "matmul of a batch with one": (mb.matmul, (3, 20, 48), (48, 30)),
    "matmul of a few with batches": (mb.matmul, (3, 20, 48), (2, 3, 48, 30)),
    "max pool 2x2": (lambda x: F.max_pool2d(x, 2), IMAGE),
    "max pool 3x3, stride 2": (lambda x: F.max_pool2d(x, 3, 2, 1), IMAGE),
    "max pool 3x3, stride 1": (lambda x: F.max_pool2d(x, 3, 1, 1), (4, 32, 8, 8)),
    "avg pool 2x2": (lambda x: F.avg_pool2d(x, 2), IMAGE),
    "avg pool 3x3, stride 2": (lambda x: F.avg_pool2d(x, 3, 2, 1), IMAGE),
    "global avg pool": (lambda x: F.adaptive_avg_pool2d(x, 1), IMAGE),
    "batch norm": (batch_norm, IMAGE, *CHANNELS),
    "group norm": (lambda x, w, b: F.group_norm(x, 4, w, b), IMAGE, *CHANNELS),
    "instance norm": (F.instance_norm, IMAGE, *CHANNELS),
    "layer norm": (lambda x, w, b: F.layer_norm(x, (48,), w, b), VECTORS, *LAST),
    "RMS norm": (lambda x, w: F.rms_norm(x, (48,), w), VECTORS, LAST[0]),
    "softmax": (mb.softmax, VECTORS),
    "log softmax": (F.log_softmax, VECTORS),
    "cross entropy of probabilities": (lambda x, p: F.cross_entropy(x, p), VECTORS, VECTORS),
}


def forward_and_backward(layer):
    """The result and the gradient towards each operand."""
    make, *shapes = layer
    operands = [mb.array(np.zeros(shape, np.float32)) for shape in shapes]
    y = make(*operands)
    return y, mb.grad(y, operands, mb.array(np.zeros(y.shape, np.float32)))


def gradient_remarks(layer, target):
    """The remarks in the program of the gradients towards all operands."""
    return remarks_of(forward_and_backward(layer)[1], target)


def builtins_of(output, target):
    """The builtins in the BANG C of a program of one output, those of convolutions by one name, and its remarks."""
    text = fold_program(_core.graph.program([output._node])).emit()
    compiled = json.loads(_core.compile(text, target, None, {}))
    names = {name for kernel in compiled["kernels"] for name in re.findall(r"__bang_(\w+)", kernel["text"])}
    return {"conv" if name in ("conv_partial", "matmul", "mlp") else name for name in names}, compiled["remarks"]


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_no_remark(target):
    found = {name: gradient_remarks(layer, target) for name, layer in LAYERS.items()}
    assert not any(found.values()), "\n".join(f"{name}: {text}" for name, text in found.items() if text)


PRODUCTS, SUMS = {"conv"}, {"sumpool", "avgpool"}
NO_OVERLAP = ("avg pool 2x2", "global avg pool")  # the gradient of their windows is spread and scaled, not summed


def core(name, number, target):
    """What computes an output (0: the result, 1, …: gradients towards operands): of each set it needs one builtin."""
    if "depthwise" in name:  # channels times a row of weights; towards the weights, sums over the images
        return [SUMS if number == 2 else {"cycle_mul", "depthwise_conv"}]
    if "max pool" in name:  # the gradient looks for the maxima again, and sums what overlaps
        maxima = {"nan_maxpool" if target == "mtp_592" else "maxpool"}
        return [maxima, SUMS] if number else [maxima]
    if name in NO_OVERLAP and number:
        return [{"mul_const" if target == "mtp_270" else "mul_scalar"}]
    is_bias = name == "linear" and number == 3
    return [PRODUCTS if name.split()[0] in ("conv", "linear", "matmul") and not is_bias else SUMS]


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_the_builtins_of_the_forward_pass(target):
    """Convolutions and products are so towards the data and towards the weights; norms and softmaxes are pooled sums;
    a bias has a sum of the gradient."""
    for name, layer in LAYERS.items():
        y, gradients = forward_and_backward(layer)
        for number, output in enumerate([y, *gradients]):
            used, remarks = builtins_of(output, target)
            assert all(used & each for each in core(name, number, target)), f"{name}, output {number}: {sorted(used)}"
            assert not remarks, f"{name}, output {number}: {remarks}"


@needs_compiler
def test_single_elements_have_a_remark():
    """What the test above looks for: places that data and the loop name together are computed one by one."""
    x, places = mb.array(np.ones(40000, np.float32)), mb.array(np.arange(40000, dtype=np.int32))
    result = mb.reindex(x, (40000,), ["(s0 * s0 + i0) % 40000"], extras=[places])
    assert any("single elements" in remark for remark in remarks_of([result], "mtp_270"))

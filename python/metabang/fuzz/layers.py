"""Random contractions, layers of networks, and gradients."""

from __future__ import annotations

import metabang as mb
from metabang.fuzz.pool import Pool, fits
from metabang.nn import functional as F
from metabang.var import Var

_ACTIVATIONS = [
    F.relu6, F.leaky_relu, F.elu, F.celu, F.selu, F.silu, F.softplus, F.logsigmoid, F.mish, F.softsign, F.softshrink,
    F.tanhshrink, F.hardtanh, F.hardsigmoid, F.hardswish, F.gelu, mb.sigmoid,
]  # fmt: skip
_LOSSES = [F.mse_loss, F.l1_loss, F.huber_loss, F.smooth_l1_loss, F.binary_cross_entropy_with_logits]


def matmul(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, some=True)
    if x is None or x.ndim < 2:
        return None
    n = pool.random.choice([1, 5, 32])
    batch = x.shape[:-2] if x.ndim > 2 and pool.random.random() < 0.4 else ()
    y = (*batch, x.shape[-1], n)
    return x @ pool.leaf(y, x.dtype) if fits((*x.shape[:-1], n)) and fits(y) else None


def einsum(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, some=True)
    if x is None or x.ndim > 3 or x.size > 1 << 14:
        return None
    letters = "ijk"[: x.ndim]
    n = x.shape[-1]
    return pool.random.choice([
        lambda: mb.einsum(f"{letters}->{letters[::-1]}", x),
        lambda: mb.einsum(f"{letters}->{letters[-1]}", x),
        lambda: mb.einsum(f"{letters},{letters}->{letters[0]}", x, x),
        lambda: mb.einsum(f"{letters},{letters[-1]}l->{letters[:-1]}l", x, pool.leaf((n, 4), x.dtype)),
        lambda: mb.einsum(f"{letters},m->m{letters}", x, pool.leaf((3,), x.dtype)),
    ])()  # fmt: skip


def conv(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, rank=4, some=True)
    if x is None:
        return None
    c, k = x.shape[1], pool.random.choice([1, 2, 3])
    if min(x.shape[2:]) < k:
        return None
    outputs = pool.random.choice([1, 8, 20])
    stride, padding = pool.random.choice([1, 2]), pool.random.choice([0, k // 2])
    if pool.random.random() < 0.25:
        return F.conv_transpose2d(x, pool.leaf((c, outputs, k, k), x.dtype), stride=stride, padding=padding)
    groups = c if pool.random.random() < 0.25 else 1
    weight = pool.leaf((outputs * groups, c // groups, k, k), x.dtype)
    return F.conv2d(x, weight, stride=stride, padding=padding, groups=groups) if weight.size <= 1 << 15 else None


def conv1d(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, rank=3, some=True)
    if x is None or x.shape[2] < 2 or x.shape[1] > 64:
        return None
    return F.conv1d(x, pool.leaf((3, x.shape[1], 2), x.dtype), dilation=pool.random.choice([1, 1, x.shape[2] - 1]))


def pool2d(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, rank=4, some=True)
    if x is None or min(x.shape[2:]) < 2:
        return None
    kind = pool.random.random()
    if kind < 0.2:
        return F.adaptive_avg_pool2d(x, pool.random.choice([1, 2]))
    if kind < 0.4:
        mode = pool.random.choice(["nearest", "bilinear", "bicubic"])
        return F.interpolate(x, size=(pool.random.choice([1, 3, 9]), x.shape[3] + 2), mode=mode)
    layer = pool.random.choice([F.max_pool2d, F.avg_pool2d])
    return layer(x, 2, pool.random.choice([1, 2]), pool.random.choice([0, 1]))


def framed(pool: Pool) -> Var | None:
    """Padding that repeats the tensor."""
    x = pool.pick(floats=True, some=True)
    if x is None or x.ndim < 2 or x.shape[-1] < 3 or x.size > 1 << 15:
        return None
    return F.pad(x, (2, 1), pool.random.choice(["reflect", "replicate", "circular"]))


def norm(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, some=True)
    if x is None:
        return None
    layers = [
        lambda: F.layer_norm(x, x.shape[-1:], eps=1e-1),
        lambda: F.rms_norm(x, x.shape[-1:], eps=1e-1),
        lambda: F.normalize(mb.abs(x) + 0.5, axis=pool.axis(x)),
        lambda: x - mb.mean(x, 0, keepdims=True),
    ]
    if x.ndim >= 3:
        layers += [lambda: F.group_norm(x, 1, eps=1e-1), lambda: F.instance_norm(x, eps=1e-1)]
    if x.ndim >= 2 and fits(x.shape):
        mean, var, weight, bias = (pool.leaf((x.shape[1],), x.dtype) for _ in range(4))
        layers.append(lambda: F.batch_norm(x, mean, mb.abs(var) + 0.5, weight, bias))
    return pool.random.choice(layers)()


def layer(pool: Pool) -> Var | None:
    """A composition of several operators along an axis."""
    x = pool.pick(floats=True, some=True)
    if x is None:
        return None
    return pool.random.choice([
        lambda: mb.softmax(x, pool.axis(x)),
        lambda: F.log_softmax(x, pool.axis(x)),
        lambda: F.softmin(x, -1),
        lambda: pool.random.choice(_ACTIVATIONS)(x),
        lambda: pool.random.choice(_LOSSES)(x, pool.leaf(x.shape, x.dtype), reduction="none"),
        lambda: F.embedding(pool.ids((5, 2), 0, x.shape[0]), mb.flatten(x, 1)) if x.ndim > 1 else F.gelu(x, "tanh"),
    ])()  # fmt: skip


def attention(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, some=True)
    if x is None or x.ndim < 3 or x.shape[-2] > 128 or x.size > 1 << 14:
        return None
    return F.scaled_dot_product_attention(x, pool.leaf(x.shape, x.dtype), x, is_causal=pool.random.random() < 0.5)


def classes(pool: Pool) -> Var | None:
    """Losses and tensors that labels select from."""
    x = pool.pick(floats=True, rank=2, some=True)
    if x is None:
        return None
    labels = pool.ids((x.shape[0],), 0, x.shape[1])
    if pool.random.random() < 0.3 and fits(x.shape):
        return F.one_hot(labels, x.shape[1]).astype(x.dtype) * x
    return F.cross_entropy(x, labels, pool.random.choice(["mean", "sum", "none"]))


def grad(pool: Pool) -> Var | None:
    """The gradient of what was drawn so far with respect to one of its tensors, at times of second order."""
    y = pool.pick(floats=True)
    if y is None or y.size == 0:
        return None
    loss = mb.sum(mb.square(mb.tanh(y)) * 0.5)
    x = pool.pick(floats=True) if pool.random.random() < 0.8 else y
    if x.size == 0:
        return None
    try:
        gradient = mb.grad(loss, x, allow_unused=True)
        if pool.random.random() < 0.15:
            gradient = mb.grad(mb.sum(mb.square(gradient)), x, allow_unused=True)
    except mb.MetaBangError as error:
        if "gradient" in error.reason:  # an operator without one
            return None
        raise
    return gradient


ALL = [matmul, einsum, conv, conv1d, pool2d, framed, norm, layer, layer, attention, classes, grad, grad]

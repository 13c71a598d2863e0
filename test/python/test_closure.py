"""No gradient is silently missing: every public function, and every way to pass one on, to the second order.

The derivative along a random direction, for each operand alone, against central differences of the float64 reference.
"""

from __future__ import annotations

import numpy as np
import programs
import pytest
import valid_calls
from programs import TARGETS, needs_compiler

import metabang as mb
from metabang import array_api as xp
from metabang import nn, reference
from metabang.dtypes import FLOATS
from metabang.nn import functional as F

pytestmark = pytest.mark.filterwarnings("ignore::metabang.HostWarning")
RNG = np.random.default_rng(11)  # of what is made when the file is read; a test starts its own
POSITIVE, ABOVE_1 = (0.2, 0.9), (1.2, 2.0)
DOMAINS = {
    **dict.fromkeys("log log2 log10 sqrt rsqrt power pow nll_loss binary_cross_entropy kl_div".split(), POSITIVE),
    **dict.fromkeys(["acosh", "arccosh"], ABOVE_1),
    "log1p": (-0.5, 0.9),
    "batch_norm": POSITIVE,
    "gaussian_nll_loss": POSITIVE,
}


@pytest.fixture(autouse=True)
def draws_of_the_test(request):
    """Whatever ran before in this process, a test draws the same."""
    global RNG
    RNG = programs.generator(request.node.name)


def uniform(*shape, low=-0.9, high=0.9, dtype="float64"):
    return mb.array(RNG.uniform(low, high, shape), dtype)


def weighted(ys) -> mb.Var:
    """One number that depends on every element."""
    return sum(mb.sum(y * uniform(*y.shape, low=0.5, high=1.5, dtype=y.dtype)) for y in ys)


def check(make, leaves, order=2, step=1e-5):
    """`make()` answers tensors that depend on every leaf."""
    loss = weighted(make())
    values = [leaf.numpy() for leaf in leaves]
    for _ in range(order):
        gradients = mb.grad(loss, leaves, allow_unused=True)
        exact = reference.evaluate(gradients)
        for k, (leaf, value) in enumerate(zip(leaves, values)):
            assert gradients[k].shape == leaf.shape and gradients[k].dtype == leaf.dtype
            direction = RNG.normal(size=value.shape)
            above, below = (reference.evaluate([loss], {leaf: value + s * step * direction})[0] for s in (1, -1))
            numeric, got = (above - below) / (2 * step), np.sum(exact[k] * direction)
            scale = max(1, abs(numeric), np.abs(exact[k]).max(initial=0))
            assert abs(numeric - got) < 2e-5 * scale, f"operand {k}: {got}, but differences say {numeric}"
        loss = weighted(gradients)


# Every public function, with the valid call of valid_calls.py.
FUNCTIONS = {name: f for name, f in valid_calls.functions() if not isinstance(f, type)}
NOT_OF_X = {"mb.full_like", "mb.zeros_like", "mb.ones_like", "x.detach", "x.assign", "x.requires_grad_", "mb.grad"}


def differentiable_call(name, function, dtype="float64"):
    """The call with leaves of irregular values in the place of its float tensors, and these."""
    domain, leaves = DOMAINS.get(name.split(".")[1], (-0.9, 0.9)), {}

    def leaf(value):
        if isinstance(value, (list, tuple)):
            return type(value)(map(leaf, value))
        if not isinstance(value, mb.Var):
            return value
        if value.dtype not in FLOATS:
            return mb.array(RNG.integers(0, 2, value.shape).astype(value.dtype))
        return leaves.setdefault(value._node.uid, uniform(*value.shape, low=domain[0], high=domain[1], dtype=dtype))

    given = {key: leaf(value) for key, value in valid_calls.arguments(name, function).items()}
    if name == "mb.cast":
        given["dtype"] = dtype
    if name.startswith("x."):
        return getattr(leaf(valid_calls.x), name[2:]), given, list(leaves.values())
    return function, given, list(leaves.values())


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - NOT_OF_X))
def test_every_function(name):
    function, given, leaves = differentiable_call(name, FUNCTIONS[name])
    if not leaves:
        return
    made = function(**given)
    made = [y for y in (made if isinstance(made, (list, tuple)) else [made]) if isinstance(y, mb.Var)]
    for y in made:
        if y.dtype not in FLOATS:
            with pytest.raises(mb.DTypeError, match=r"test_closure.py:\d+: grad needs a float result"):
                mb.grad(y, leaves, mb.ones_like(y))
    floats = [y for y in made if y.dtype in FLOATS]
    if floats:
        mb.grad(weighted(floats), leaves)  # raises where a leaf is not reached
        check(lambda: floats, leaves)


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_on_the_device(target):
    """First and second gradients of every tenth function, in float32, on one of the targets."""
    sample = sorted(FUNCTIONS.keys() - NOT_OF_X)[TARGETS.index(target) :: 30]
    outputs, names = [], []
    for name in sample:
        function, given, leaves = differentiable_call(name, FUNCTIONS[name], "float32")
        made = function(**given) if leaves else None
        if isinstance(made, mb.Var) and made.dtype == "float32":
            first = mb.grad(weighted([made]), leaves)
            second = mb.grad(weighted(first), leaves, allow_unused=True)
            outputs += [*first, *second]
            names += [name] * (2 * len(leaves))
    problems = programs.check(outputs, target, [1e-4] * len(outputs))
    assert not any(problems), [each for each in zip(names, problems) if each[1]]


x, v, w = uniform(3, 4), uniform(4), uniform(4, 3)
image, filters, positive = uniform(2, 4, 6, 5), uniform(6, 2, 3, 2), uniform(3, 4, low=0.2)
ids, mask = mb.array([2, 0, 2]), mb.array(np.arange(12).reshape(3, 4) % 3 > 0)
labels = mb.array([3, -100, 1])
query, key, value = uniform(2, 3, 4), uniform(2, 5, 4), uniform(2, 5, 3)
allowed = mb.array(np.arange(15).reshape(3, 5) % 4 != 1)


attention, REDUCTIONS = F.scaled_dot_product_attention, ("mean", "sum", "none")
LOSSES = (F.mse_loss, F.l1_loss, F.huber_loss, F.smooth_l1_loss, F.binary_cross_entropy_with_logits, F.kl_div)


def written(at, value):
    y = x * x
    y[at] = value
    return [y]


def added(at, value):
    y = x * x
    y[at] += value
    return [y]


def layer(module, *inputs):
    """A module whose parameters are leaves of float64, and the call of it."""
    own = list(module.parameters())
    for p in own:
        p._become(uniform(*p.shape))
    results = module(*inputs)
    return lambda: flat(results), [*flat(inputs), *own]


def flat(values) -> list:
    return [each for value in values for each in flat(value)] if isinstance(values, (tuple, list)) else [values]


CASES = {
    "slices": (lambda: [x[1:, ::-2], x[..., None, 1], x[-1]], [x]),
    "masks": (lambda: [x[mask], x[:, mb.array([True, False, True, True])]], [x]),
    "integer arrays": (lambda: [x[ids], x[ids, ids], x[:, ids[None]]], [x]),
    "write a slice": (lambda: written((slice(None), slice(1, 3)), v[:2]), [x, v]),
    "write by a mask": (lambda: written(mask, v[0]), [x, v]),
    "write at integers": (lambda: written((ids, 1), w[0]), [x, w]),
    "add to a slice": (lambda: added(slice(None, None, -2), v), [x, v]),
    "add at integers": (lambda: added((slice(None), ids), w[:3]), [x, w]),
    "take along the last axis": (lambda: [mb.take(x, ids, 1)], [x]),
    "where": (lambda: [mb.where(x > 0.1, x * x, v), mb.where(mask, 1.0, x)], [x, v]),
    "clip": (lambda: [mb.clip(x, -0.3, 0.4), mb.clip(x, None, 0.4), x.clip(0.1)], [x]),
    "operators": (lambda: [2 - x, 1 / (x + 3), 2**x, x % 0.7, abs(x), -x, x @ w, positive**x, x**3], [x, w, positive]),
    "einsum": (
        lambda: [mb.einsum("ij,jk,i->k", x, w, x[:, 0]), mb.einsum("ii->i", x[:, :3]), mb.einsum("...j->...", x)],
        [x, w],
    ),
    "matmul of vectors and batches": (lambda: [x @ v, v @ w, query @ query.transpose(0, 2, 1)], [x, v, w, query]),
    "statistics": (lambda: [x.var(1, correction=1), x.std(0), x.mean(), x.prod(1), x.max(0), x.min()], [x]),
    "joins": (lambda: [mb.concat([x, x * x], 1), mb.stack([v, v * v], 1)], [x, v]),
    "topk": (lambda: [mb.topk(x, 2)[0], mb.topk(x, 2, 0, False)[0]], [x]),
    "sort of the array API": (lambda: [xp.sort(x, axis=0, descending=True)], [x]),
    "array API": (
        lambda: [
            xp.roll(x, 1, axis=1), xp.flip(x), xp.tile(x, (2, 1)), xp.repeat(x, 2, axis=0),
            xp.cumulative_sum(x, axis=1),
            xp.take_along_axis(x, mb.array([[1], [0], [3]]), axis=1), xp.moveaxis(x, 0, 1), xp.linalg.vector_norm(x),
            xp.std(x), xp.tril(x), xp.diff(x), xp.tensordot(x, w, axes=1), xp.vecdot(x, v), xp.linalg.outer(v, v),
        ],
        [x, w, v],
    ),
    "normalize": (lambda: [F.normalize(x), F.normalize(x, 1.0), F.normalize(positive, 3.0)], [x, positive]),
    "pads": (
        lambda: [F.pad(image, (2, 1, 1, 3), mode) for mode in ("constant", "reflect", "replicate", "circular")],
        [image],
    ),
    "interpolate": (
        lambda: [
            *(F.interpolate(image, (8, 3), mode=mode) for mode in ("nearest", "bilinear", "bicubic")),
            F.interpolate(image, scale_factor=1.5, mode="bicubic", align_corners=True),
        ],
        [image],
    ),
    "attention": (lambda: [attention(query, key, value, scale=0.3)], [query, key, value]),
    "attention with a mask": (lambda: [attention(query, key, value, allowed)], [query, key, value]),
    "attention with a bias": (
        lambda: [attention(query, key, value, w[:3, :1] * v[0])], [query, key, value, w, v],
    ),
    "causal attention": (lambda: [attention(query, key, value, is_causal=True)], [query, key, value]),
    "convolutions": (
        lambda: [
            F.conv2d(image, filters, None, (2, 1), "same", 1, 2),
            F.conv2d(image, filters, None, 1, 1, 2, 2, "reflect"),
        ],
        [image, filters],
    ),
    "transposed convolution": (
        lambda: [F.conv_transpose2d(image, filters[:4], None, 2, 1, 1, 2)], [image, filters],
    ),
    "pools": (
        lambda: [F.max_pool2d(image, 3, 2, 1), F.avg_pool2d(image, 3, 2, 1), F.adaptive_avg_pool2d(image, (4, 3)),
                 F.adaptive_max_pool2d(image, 2)],
        [image],
    ),
    "losses of classes": (
        lambda: [
            *(F.cross_entropy(x, labels, reduction=r, label_smoothing=s) for r in REDUCTIONS for s in (0.0, 0.1)),
            F.cross_entropy(x, labels, ignore_index=3),
        ],
        [x],
    ),
    "losses": (
        lambda: [
            loss(x, positive, reduction=r) for r in REDUCTIONS for loss in LOSSES
        ],
        [x, positive],
    ),
    "a gradient of a gradient": (lambda: mb.grad(mb.sum(mb.tanh(x @ w)), [x, w]), [x, w]),
    "Conv2d": layer(nn.Conv2d(4, 2, 3), image),
    "BatchNorm2d in training": layer(nn.BatchNorm2d(4).train(), image),
    "GroupNorm": layer(nn.GroupNorm(2, 4), image),
    "Dropout": layer(nn.Dropout(0.4).train(), x),
    "Embedding": (lambda: [F.embedding(ids, x)], [x]),
    "LSTM": layer(nn.LSTM(4, 3, 2), query, (uniform(2, 3, 3), uniform(2, 3, 3))),
    "GRU": layer(nn.GRU(4, 3, 2, batch_first=True), query),
    "PReLU": layer(nn.PReLU(4), image),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_options_and_compositions(name):
    make, leaves = CASES[name]
    check(make, leaves)


def test_writing_into_what_has_other_handles():
    """Values of the host are written there only where no gradient is lost by it."""
    z = mb.zeros((4,), "float64")
    z[:] = v
    z[1] = 3.0
    check(lambda: [z * v], [v])
    for alias in (mb.Var(v), v[:], v.reshape(4), mb.positive(v)):
        alias[0] = 5.0
        check(lambda alias=alias: [alias * v], [v])
    alone = mb.array([1.0, 2.0])
    alone[0] = 3.0
    assert alone._node.op == "input"


def test_what_leaves_the_graph_says_so():
    """A copy by the host is a leaf: a gradient through it is an error, not a zero."""
    x = mb.array(np.ones((3, 4), np.float32))
    for copy in (mb.array(x), mb.array(x.numpy()), mb.array(np.from_dlpack(x)), x.detach()):
        with pytest.raises(mb.MetaBangError, match=r"test_closure.py:\d+: the result does not depend on x number 0"):
            mb.grad(mb.sum(copy * copy), x)
    assert mb.grad(mb.sum(mb.Var(x, "float64")), x).dtype == "float32"
    assert mb.grad(mb.sum(xp.from_dlpack(x)), x).shape == (3, 4)

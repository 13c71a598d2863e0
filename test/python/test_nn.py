"""Layers against loops in NumPy, in float64, and the rules of Module."""

import copy
import inspect
import itertools
import math

import numpy as np
import pytest

import metabang as mb
from metabang import nn, reference
from metabang.nn import functional as F

RNG = np.random.default_rng(0)


def value(y):
    return np.asarray(reference.evaluate([y])[0])


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def close(y, expected):
    y = value(y)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-9)


def windows(x, kernel, stride, sides, dilation, fill):
    """[N, C, OH, OW, KH, KW] by slicing a padded copy."""
    (top, bottom), (left, right) = sides
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=fill)
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    rows = range(0, x.shape[2] - reach[0] + 1, stride[0])
    columns = range(0, x.shape[3] - reach[1] + 1, stride[1])
    cut = [[x[:, :, i : i + reach[0] : dilation[0], j : j + reach[1] : dilation[1]] for j in columns] for i in rows]
    return np.array(cut).transpose(2, 3, 0, 1, 4, 5)


CONVS = [
    # C, O, kernel, stride, padding, sides, dilation, groups
    (3, 4, 3, 1, 0, ((0, 0), (0, 0)), 1, 1),
    (3, 4, 3, 2, 1, ((1, 1), (1, 1)), 1, 1),
    (3, 5, (3, 2), (2, 1), (1, 0), ((1, 1), (0, 0)), (1, 2), 1),
    (2, 3, 3, 2, "same", ((0, 1), (1, 1)), 1, 1),  # 8 x 7: the even size is padded on one side only
    (2, 3, 5, 1, "same", ((2, 2), (2, 2)), 1, 1),
    (2, 3, 3, 1, ((0, 2), (1, 0)), ((0, 2), (1, 0)), 1, 1),
    (4, 4, 3, 2, "same", ((0, 1), (1, 1)), 1, 4),  # depthwise
    (4, 8, 3, 1, 1, ((1, 1), (1, 1)), 1, 4),  # depthwise with a channel multiplier
    (6, 4, 3, 1, 1, ((1, 1), (1, 1)), 1, 2),
    (5, 7, 1, 1, 0, ((0, 0), (0, 0)), 1, 1),
]


@pytest.mark.parametrize(("C", "O", "kernel", "stride", "padding", "sides", "dilation", "groups"), CONVS)
def test_conv2d(C, O, kernel, stride, padding, sides, dilation, groups):  # noqa: E741
    KH, KW = np.broadcast_to(kernel, 2)
    x, weight, bias = normal(2, C, 8, 7), normal(O, C // groups, KH, KW), normal(O)
    patches = windows(x, (KH, KW), np.broadcast_to(stride, 2), sides, np.broadcast_to(dilation, 2), 0)
    CG, OG = C // groups, O // groups
    parts = [
        np.einsum("ncyxvu,ocvu->noyx", patches[:, g * CG : (g + 1) * CG], weight[g * OG : (g + 1) * OG].astype(float))
        for g in range(groups)
    ]
    expected = np.concatenate(parts, 1) + bias[:, None, None]
    y = F.conv2d(mb.array(x), mb.array(weight), mb.array(bias), stride, padding, dilation, groups)
    close(y, expected)


def test_conv2d_refuses_shapes_that_do_not_fit():
    x = mb.array(normal(1, 3, 8, 8))
    with pytest.raises(mb.ShapeError, match="3 input channels"):
        F.conv2d(x, mb.array(normal(4, 2, 3, 3)))
    with pytest.raises(mb.ShapeError, match="9x9 is larger than the padded image of 8x8"):
        F.conv2d(x, mb.array(normal(4, 3, 9, 9)))
    with pytest.raises(mb.ShapeError, match="N, C, H, W"):
        F.conv2d(mb.array(normal(3, 8, 8)), mb.array(normal(4, 3, 3, 3)))


@pytest.mark.parametrize("lead", [(4,), (), (2, 3)])
def test_linear(lead):
    x, weight, bias = normal(*lead, 5), normal(7, 5), normal(7)
    expected = x.astype(np.float64) @ weight.T.astype(np.float64) + bias
    close(F.linear(mb.array(x), mb.array(weight), mb.array(bias)), expected)
    with pytest.raises(mb.ShapeError, match="linear"):
        F.linear(mb.array(normal(4)), mb.array(weight))


def test_batch_norm_is_one_line():
    lines = [line.strip() for line in inspect.getsource(F.batch_norm).splitlines()]
    assert "return _affine((x - mean) / deviation, weight, bias)" in lines


def test_batch_norm():
    x, mean, weight, bias = normal(2, 3, 4, 5), normal(3), normal(3), normal(3)
    var = np.abs(normal(3))
    expected = (x.astype(np.float64) - mean[:, None, None]) / np.sqrt(var.astype(np.float64) + 1e-3)[:, None, None]
    expected = expected * weight[:, None, None] + bias[:, None, None]
    close(F.batch_norm(*map(mb.array, (x, mean, var, weight, bias)), eps=1e-3), expected)


POOLS = itertools.product([(3, 2, 1, ((1, 1), (1, 1))), (2, None, 0, ((0, 0), (0, 0))), (3, 2, "same", None)], "ma")


@pytest.mark.parametrize(("pool", "kind"), list(POOLS))
def test_pools(pool, kind):
    kernel, stride, padding, sides = pool
    x = normal(2, 3, 9, 8)
    step = (stride or kernel,) * 2
    patches = windows(x, (kernel, kernel), step, sides or ((1, 1), (0, 1)), (1, 1), -math.inf if kind == "m" else 0)
    if kind == "m":
        close(F.max_pool2d(mb.array(x), kernel, stride, padding), patches.max((4, 5)))
    else:
        close(F.avg_pool2d(mb.array(x), kernel, stride, padding), patches.mean((4, 5)))


@pytest.mark.parametrize("out", [1, 2, (3, 4), (9, 8), (4, 5)])
def test_adaptive_avg_pool2d(out):
    x = normal(2, 3, 9, 8)
    OH, OW = np.broadcast_to(out, 2)
    expected = np.empty((2, 3, OH, OW))
    for i, j in np.ndindex(OH, OW):
        rows = slice(i * 9 // OH, -(-(i + 1) * 9 // OH))
        columns = slice(j * 8 // OW, -(-(j + 1) * 8 // OW))
        expected[:, :, i, j] = x[:, :, rows, columns].astype(np.float64).mean((2, 3))
    close(F.adaptive_avg_pool2d(mb.array(x), out), expected)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


ACTIVATIONS = [
    (nn.ReLU(), lambda x: np.maximum(x, 0)),
    (nn.ReLU6(), lambda x: np.clip(x, 0, 6)),
    (nn.LeakyReLU(0.25), lambda x: np.where(x >= 0, x, x * 0.25)),
    (nn.Sigmoid(), sigmoid),
    (nn.Tanh(), np.tanh),
    (nn.SiLU(), lambda x: x * sigmoid(x)),
    (nn.GELU(), lambda x: x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))),
    (nn.Hardswish(), lambda x: x * np.clip(x + 3, 0, 6) / 6),
    (nn.Softmax(1), lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
    (nn.Identity(), lambda x: x),
    (nn.Flatten(), lambda x: x.reshape(4, -1)),
    (nn.Dropout(0.9), lambda x: x),
]


@pytest.mark.parametrize(("layer", "expected"), ACTIVATIONS, ids=[type(a).__name__ for a, _ in ACTIVATIONS])
def test_activations(layer, expected):
    x = (normal(4, 5, 2) * 4).astype(np.float32)
    y = value(layer(mb.array(x)))
    np.testing.assert_allclose(y, expected(x.astype(np.float64)), rtol=0, atol=1e-6)  # scalars are float32 in the graph


class Small(nn.Module):
    def __init__(self):
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.stem(x).mean((2, 3)))


def test_names_are_those_of_pytorch():
    net = Small()
    assert [name for name, _ in net.named_state()] == [
        "stem.0.weight", "stem.1.weight", "stem.1.bias", "stem.1.running_mean", "stem.1.running_var",
        "fc.weight", "fc.bias",
    ]  # fmt: skip
    assert "stem.1.running_mean" not in dict(net.named_parameters())
    assert [type(m).__name__ for m in net.stem] == ["Conv2d", "BatchNorm2d", "ReLU"] and len(net.stem) == 3


def test_state_dict_goes_round():
    nn.init.seed(1)
    first = Small()
    second = Small()
    state = first.state_dict()
    assert not np.array_equal(state["fc.weight"], second.state_dict()["fc.weight"])
    second.load_state_dict({**state, "stem.1.num_batches_tracked": np.zeros((), np.int64)})
    x = normal(1, 3, 5, 5)
    np.testing.assert_array_equal(value(first(mb.array(x))), value(second(mb.array(x))))
    nn.init.seed(1)
    np.testing.assert_array_equal(Small().state_dict()["fc.weight"], state["fc.weight"])


def test_load_state_dict_refuses_and_changes_nothing():
    net = Small()
    before = net.state_dict()
    other = {name: array + 1 for name, array in before.items()}
    cases = [
        ({k: v for k, v in other.items() if k != "fc.bias"}, r"lack fc\.bias of Small"),
        ({**other, "head.weight": np.zeros(1)}, r"hold head\.weight, unknown to Small"),
        ({**other, "fc.weight": np.zeros((9, 4))}, r"fc\.weight has shape \(9, 4\) in the weights, but \(2, 4\)"),
    ]
    for state, reason in cases:
        with pytest.raises(mb.MetaBangError, match=r"test_nn.py:\d+: .*" + reason):
            net.load_state_dict(state)
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_modes_and_dropout():
    net = nn.Sequential(nn.Sequential(nn.Dropout(0.25)))
    assert not net.training
    assert all(m.training for m in net.train().modules())
    y = value(net(mb.array(np.ones((100, 100), np.float32))))
    assert set(np.round(np.unique(y), 4)) == {0, 1.3333} and 0.7 < (y > 0).mean() < 0.8
    assert not any(m.training for m in net.eval().modules())


def test_a_module_without_forward_says_so():
    with pytest.raises(mb.MetaBangError, match=r"Module has no forward\(\)"):
        nn.Module()(1)


ROWS = mb.input((5, 3))


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: nn.LSTM(3, 4, proj_size=2), "LSTM has no option 'proj_size'"),
        (lambda: nn.GRU(3, 4, dropout=1.5), "the dropout of GRU is between 0 and 1, not 1.5"),
        (lambda: nn.LSTM(3, 4)(mb.input((0, 2, 3))), r"LSTM needs a sequence of shape \[L, N, I\] with elements"),
        (lambda: nn.GRU(3, 4, batch_first=True)(mb.input((2, 5, 7))), r"shape \[N, L, I\] with elements and I = 3"),
        (lambda: nn.GRUCell(3, 4)(mb.input((2, 5))), r"GRUCell needs an input of shape \[N, 3\], not \(2, 5\)"),
        (lambda: nn.GaussianNLLLoss(beta=1), "no option 'beta'; it has full, eps, reduction"),
        (lambda: F.binary_cross_entropy(ROWS, mb.input((5, 1))), r"needs a target of the input's shape \(5, 3\)"),
        (lambda: F.kl_div(ROWS, mb.input((3,))), "a loss needs a target of the input's shape"),
        (lambda: F.soft_margin_loss(ROWS, mb.input((5,))), "a loss needs a target of the input's shape"),
        (lambda: F.gaussian_nll_loss(ROWS, ROWS, mb.input((3,))), r"a variance for each element of \(5, 3\)"),
        (lambda: F.margin_ranking_loss(ROWS, ROWS, mb.input((3,))), "operands of as many dimensions"),
        (lambda: F.cosine_embedding_loss(ROWS, ROWS, ROWS), r"a target of shape \(5,\), one a row"),
    ],
)
def test_wrong_layers(make, sentence):
    with pytest.raises(mb.MetaBangError, match=sentence):
        make()


def test_half_precision():
    """Counts above 2048 and sums above 65504 are no float16; resizing keeps the dtype."""
    logits = mb.array(np.zeros((70000, 4)), "float16")
    loss = F.cross_entropy(logits, mb.array(np.zeros(70000, np.int32)))
    (value,) = reference.evaluate([loss])
    assert loss.dtype == "float16" and abs(value - np.log(4)) < 2e-3
    for mode in ("bilinear", "bicubic"):
        assert F.interpolate(mb.input((1, 2, 4, 5), "float16"), (6, 7), mode=mode).dtype == "float16"


def test_variances_of_rows():
    x, target = (mb.array(np.arange(6.0).reshape(2, 3) + shift) for shift in (0, 0.5))
    whole = F.gaussian_nll_loss(x, target, mb.array([[2.0] * 3, [3.0] * 3]))
    for shape in ((2,), (2, 1)):
        rows = F.gaussian_nll_loss(x, target, mb.array(np.array([2.0, 3.0]).reshape(shape)))
        np.testing.assert_allclose(*reference.evaluate([whole, rows]), rtol=1e-6)


def test_masks_of_integers_are_refused():
    """They could be truth values as well as what is added to the scores."""
    x, ones = mb.input((3, 1, 8)), mb.array(np.ones((3, 3)), "int32")
    with pytest.raises(mb.DTypeError, match="`mask` of an attention is bool or float, got int32; compare it with 0"):
        F.scaled_dot_product_attention(mb.input((1, 3, 4)), mb.input((1, 3, 4)), mb.input((1, 3, 4)), ones)
    for masks in ({"attn_mask": ones}, {"key_padding_mask": ones[:1]}):
        with pytest.raises(mb.DTypeError, match=f"`{next(iter(masks))}` of an attention is bool or float"):
            nn.MultiheadAttention(8, 2)(x, x, x, **masks)


def test_parameters_keep_dtype_and_mark():
    for dtype in ("float16", "bfloat16"):
        p = nn.Parameter(mb.array([1.0, 2.5], dtype))
        p.requires_grad_(False)
        for each in (p, copy.deepcopy(p)):
            for mode in (False, True):
                each.freeze(mode)
                assert (each.dtype, each.requires_grad, each.numpy().tolist()) == (dtype, False, [1.0, 2.5])
    assert copy.deepcopy(nn.Parameter(np.ones(2, np.float32))).requires_grad
    running = nn.module.Buffer(mb.array([1.0], "bfloat16"))
    running.update(running * 0.5 + mb.array([0.25]))
    running.settle()
    assert (running.dtype, running.numpy().tolist()) == ("bfloat16", [0.75])


def test_lengths_of_ctc():
    """Against PyTorch 2.13: no step emits nothing; lengths beyond the padding are refused."""
    x = F.log_softmax(mb.array(np.sin(np.arange(24)).reshape(4, 2, 3).astype(np.float32)), -1)
    targets = mb.array(np.array([[1, 2], [2, 1]]))

    def losses(inputs, lengths, targets=targets):
        return value(F.ctc_loss(x, targets, inputs, lengths, reduction="none"))

    np.testing.assert_allclose(losses([4, 4], [2, 2]), [1.3780, 2.0227], atol=1e-4)
    np.testing.assert_allclose(losses([0, 4], [2, 2]), [np.inf, 2.0227], atol=1e-4)
    np.testing.assert_allclose(losses([0, 4], [0, 2]), [0, 2.0227], atol=1e-4)
    for inputs, lengths, sentence in (
        ([9, 4], [2, 2], "input_lengths are 0 to 4, the padded length, got 9"),
        ([-1, 4], [2, 2], "input_lengths are 0 to 4, the padded length, got -1"),
        ([4, 4], mb.array([3, 2]), "target_lengths are 0 to 2, the padded length, got 3"),
    ):
        with pytest.raises(mb.BoundsError, match=sentence):
            losses(inputs, lengths)
    beyond = mb.array(np.array([[1, 7], [2, -1]]))
    with pytest.raises(mb.BoundsError, match="the target 7 is none of 3 classes"):
        losses([4, 4], [2, 1], beyond)
    assert np.isfinite(losses([4, 4], [1, 1], beyond)).all()
    assert losses([4, 4], [2, 1], beyond + 0)[0] == np.inf  # not known before it runs
    with pytest.raises(mb.BoundsError, match="the target 1 is the blank, which stands between targets"):
        F.ctc_loss(x, targets, [4, 4], [2, 2], blank=1)
    row = mb.array(np.array([1, 2, 2]))
    with pytest.raises(mb.ShapeError, match="3 concatenated targets need lengths of this sum, not of 4"):
        F.ctc_loss(x, row, [4, 4], [2, 2])
    with pytest.raises(mb.MetaBangError, match="needs target_lengths with values where targets are concatenated"):
        F.ctc_loss(x, row, [4, 4], mb.input((2,), "int32"))
    computed = F.ctc_loss(x, mb.maximum(row, 1), [4, 4], [2, 1], reduction="none")
    np.testing.assert_allclose(value(computed), losses([4, 4], [2, 1]), rtol=1e-6)


def test_alpha_dropout_keeps_mean_and_variance():
    nn.dropout.seed(3)
    x = np.random.default_rng(0).normal(size=(200, 500)).astype(np.float32)
    y = value(F.alpha_dropout(mb.array(x), 0.3))
    assert abs(y.mean()) < 0.02 and abs(y.std() - 1) < 0.02
    lowest, count = np.unique(y, return_counts=True)
    assert abs(count.max() / y.size - 0.3) < 0.01  # all that are dropped have one value
    limit, scale = -1.7580993, (0.7 * (1 + 0.3 * 1.7580993**2)) ** -0.5
    np.testing.assert_allclose(lowest[count.argmax()], scale * limit * (1 - 0.3), rtol=1e-5)
    kept = y != lowest[count.argmax()]
    np.testing.assert_allclose(y[kept], x[kept] * scale - scale * 0.3 * limit, atol=1e-5)
    assert F.alpha_dropout(mb.array(x), 0.3, training=False).shape == x.shape
    assert (value(nn.AlphaDropout(1.0).train()(mb.array(x))) == 0).all()


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda x: F.grid_sample(x, mb.input((2, 3, 3, 2))), "grid_sample needs x"),
        (lambda x: F.grid_sample(x, mb.input((1, 3, 3, 2)), "cubic"), "mode is 'bilinear' or 'nearest', not 'cubic'"),
        (lambda x: F.grid_sample(x, mb.input((1, 3, 3, 2)), padding_mode="reflection"), "padding_mode is 'zeros' or"),
        (lambda x: F.fractional_max_pool2d(x, 2), "needs either output_size or output_ratio"),
        (lambda x: F.fractional_max_pool2d(x, 2, output_ratio=1.5), "output_ratio is a number between 0 and 1"),
        (lambda x: F.fractional_max_pool2d(x, 2, 6), "do not fit"),
        (lambda x: F.fractional_max_pool2d(x, 2, 3, samples=mb.input((1, 2))), "samples are"),
        (lambda x: F.embedding_bag(mb.input((4,), "int32"), x[0, 0], mb.array([0, 5])), "at most 4, the number of ids"),
        (lambda x: F.embedding_bag(mb.input((4,), "int32"), x[0, 0], mb.array([1, 2])), "offsets begin with 0"),
        (lambda x: F.embedding_bag(mb.input((4,), "int32"), x[0, 0]), "or pass offsets"),
    ],
)
def test_what_sampling_layers_refuse(make, sentence):
    with pytest.raises(mb.MetaBangError, match=sentence):
        make(mb.input((1, 4, 6, 6)))


def test_fractional_pools_draw_their_windows():
    x = mb.array(np.arange(2 * 3 * 49.0, dtype=np.float32).reshape(2, 3, 7, 7))
    nn.dropout.seed(1)
    drawn = value(nn.FractionalMaxPool2d(2, output_ratio=0.6)(x))
    assert drawn.shape == (2, 3, 4, 4) and (np.diff(drawn, axis=-1) > 0).all()
    assert (drawn[..., -1, -1] == x.numpy()[..., -1, -1]).all()


def test_power_pools_are_those_of_pytorch():
    """Sums keep their sign, and a window that hangs over the end counts as if it were whole."""
    x = mb.array(np.sin(np.arange(9)).reshape(1, 1, 3, 3).astype(np.float32))
    expected = [[0.2258, -0.0993], [0.7551, 3.9574]]
    np.testing.assert_allclose(value(F.lp_pool2d(x, 1, 2, ceil_mode=True))[0, 0], expected, atol=1e-4)
    np.testing.assert_allclose(value(F.lp_pool2d(mb.ones((1, 1, 3, 3)), 2, 2, ceil_mode=True)), 2.0, rtol=1e-6)
    assert np.isnan(value(F.lp_pool2d(-mb.ones((1, 1, 2, 2)), 3, 2))).all()


def test_class_weights_have_one_number_a_class():
    x, target = mb.input((4, 3)), mb.array(np.array([0, 1, 2, 1]))
    for size in (1, 2):
        for loss in (F.nll_loss, F.cross_entropy, F.multi_margin_loss):
            with pytest.raises(mb.ShapeError, match="`weight` has one number for each of 3 classes"):
                loss(x, target, weight=mb.ones((size,)))
    with pytest.raises(mb.ShapeError, match="`weight` has one number for each of 3 classes"):
        F.cross_entropy(x, x, weight=mb.ones((1,)))


def test_unpooling_an_empty_batch():
    y = F.max_unpool2d(mb.zeros((0, 2, 2, 2)), mb.zeros((0, 2, 2, 2), "int32"), 2)
    assert value(y).shape == (0, 2, 4, 4)

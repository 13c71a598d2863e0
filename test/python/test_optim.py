"""Optimisers, schedules and recurrent layers against numbers that PyTorch 2.13 computed in float64."""

import numpy as np
import pytest
from programs import needs_compiler
from reference_backend import reference_backend

import metabang as mb
from metabang import nn, optim, reference
from metabang.backend import compile_and_load
from metabang.compile import backend, device_time
from metabang.fuzz import units
from metabang.nn import functional as F

X = np.sin(np.arange(12)).reshape(4, 3).astype(np.float32)
Y = np.cos(np.arange(8)).reshape(4, 2).astype(np.float32)
W = np.sin(np.arange(6) + 0.5).reshape(2, 3).astype(np.float32)
# The weights after four steps of the mean square error of X @ w.T against Y.
EXPECTED = {
    "sgd": (lambda p: optim.SGD(p, 0.1), [0.598901, 0.7494783, 0.2109888, -0.4151025, -0.5992805, -0.2324828]),
    "momentum": (
        lambda p: optim.SGD(p, 0.1, 0.9, weight_decay=0.01),
        [0.7425371, 0.4365851, -0.2707613, -0.4898472, -0.1248012, 0.3549865],
    ),
    "nesterov": (
        lambda p: optim.SGD(p, 0.1, 0.9, nesterov=True),
        [0.7943447, 0.4042357, -0.3575257, -0.4860021, -0.0351033, 0.4480693],
    ),
    "adam": (
        lambda p: optim.Adam(p, 0.05, weight_decay=0.1),
        [0.6779255, 0.7988828, 0.3997799, -0.5476956, -0.7783915, -0.5065245],
    ),
    "adamw": (
        lambda p: optim.AdamW(p, 0.05, weight_decay=0.1),
        [0.6674547, 0.7807981, 0.3894907, -0.5405166, -0.7605646, -0.494088],
    ),
    "amsgrad": (
        lambda p: optim.Adam(p, 0.05, (0.5, 0.6), amsgrad=True),
        [0.6782475, 0.8003009, 0.4007191, -0.5474184, -0.778669, -0.5068131],
    ),
    "dampening": (
        lambda p: optim.SGD(p, 0.1, 0.9, 0.01, dampening=0.5),
        [0.673813, 0.5676097, -0.0604514, -0.462807, -0.3339096, 0.1019829],
    ),
}


def train(make, steps, sign=1):
    layer = nn.Linear(3, 2, bias=False).train()
    layer.weight.set(W)
    optimizer = make(layer.parameters())
    losses = [optimizer.step(F.mse_loss(layer(mb.array(X)), mb.array(Y)) * sign) for _ in range(steps)]
    return layer.weight.numpy().ravel(), losses


@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda p: optim.SGD(p, 0.1, maximize=True), EXPECTED["sgd"][1]),
        (
            lambda p: optim.AdamW(p, 0.05, amsgrad=True, maximize=True),
            [0.6774112, 0.7971445, 0.3987346, -0.5482509, -0.776603, -0.5052634],
        ),
    ],
)
def test_maximizing(make, expected):
    with reference_backend():
        weight, _ = train(make, 4, -1)
    np.testing.assert_allclose(weight, expected, atol=2e-6)


def train_groups(make, schedule=lambda optimizer: None):
    """Weight and bias, a group each, after four steps."""
    with reference_backend():
        layer = nn.Linear(3, 2).train()
        layer.weight.set(W), layer.bias.set(np.zeros(2))
        optimizer = make(layer.weight, layer.bias)
        rates = schedule(optimizer)
        for _ in range(4):
            optimizer.step(F.mse_loss(layer(mb.array(X)), mb.array(Y)))
            if rates is not None:
                rates.step()
        return [*layer.weight.numpy().ravel(), *layer.bias.numpy()]


def test_groups_of_parameters():
    got = train_groups(
        lambda w, b: optim.SGD([{"params": [w], "lr": 0.05, "weight_decay": 0.1}, {"params": b}], 0.1, momentum=0.9)
    )
    expected = [0.6010001, 0.6418862, 0.0926251, -0.4204111, -0.4680084, -0.0853209, 0.1158657, 0.1596522]
    np.testing.assert_allclose(got, expected, atol=2e-6)
    got = train_groups(
        lambda w, b: optim.Adam(
            [{"params": [w], "lr": 0.05, "betas": (0.8, 0.9)}, {"params": [b], "weight_decay": 0.1}], 0.1
        ),
        lambda optimizer: optim.CosineAnnealingLR(optimizer, 4, 0.01),
    )
    expected = [0.6188542, 0.8580862, 0.4590575, -0.4903508, -0.8379566, -0.5659676, 0.1990997, 0.2341439]
    np.testing.assert_allclose(got, expected, atol=2e-6)


@pytest.mark.parametrize(
    "groups, sentence",
    [
        ([{"lr": 1.0}], 'a group of parameters is a dict with "params"'),
        ([{"params": [], "rate": 1.0}], "a group of parameters has no option 'rate'; it has lr, momentum"),
        ([{"params": []}], "an optimizer needs at least one parameter"),
        ([{"params": [nn.Parameter(W)], "lr": -1.0}], "a learning rate is not negative, got -1.0"),
        ([{"params": [nn.Parameter(W)], "momentum": "a"}], "an optimizer needs a number for `momentum`"),
        ([nn.Parameter(W)] * 1 + [{"params": []}], 'a group of parameters is a dict with "params"'),
    ],
)
def test_wrong_groups(groups, sentence):
    with pytest.raises(mb.MetaBangError, match=sentence):
        optim.SGD(groups, 0.1)


def test_a_parameter_has_one_group():
    p = nn.Parameter(W)
    with pytest.raises(mb.MetaBangError, match="twice; pass it once"):
        optim.SGD([{"params": [p]}, {"params": [p]}], 0.1)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, np.inf])
def test_norms_of_gradients(p):
    arrays = [np.array([3.0, -4.0]), np.array([[0.5], [-12.0]])]
    clipped = reference.evaluate(optim.clip_grad_norm([mb.array(a) for a in arrays], 1.5, norm_type=p))
    norm = np.linalg.norm(np.concatenate([a.ravel() for a in arrays]), p)
    for got, a in zip(clipped, arrays):
        np.testing.assert_allclose(got, a * 1.5 / norm, rtol=1e-6)
    limited = reference.evaluate(optim.clip_grad_value([mb.array(a) for a in arrays], 3.5))
    np.testing.assert_array_equal(limited[0], [3.0, -3.5])


@pytest.mark.parametrize("name", EXPECTED)
def test_four_steps(name):
    make, expected = EXPECTED[name]
    with reference_backend():
        weight, losses = train(make, 4)
    np.testing.assert_allclose(weight, expected, atol=2e-6)
    assert losses == sorted(losses, reverse=True)


CLIPPED = [0.4852396, 0.9843821, 0.5784882, -0.3545054, -0.9581814, -0.6809098]


def test_clipping():
    with reference_backend():
        weight, _ = train(lambda p: optim.SGD(p, 0.1, max_norm=0.2), 2)
    np.testing.assert_allclose(weight, CLIPPED, atol=2e-6)


@needs_compiler
@pytest.mark.parametrize("name", [*EXPECTED, "clipped"])
def test_steps_with_products_of_int16(name):
    """On mtp_270 operands of products become int16; weights and averages are float32, nothing runs on the host."""
    if name == "clipped":
        make, expected, steps = lambda p: optim.SGD(p, 0.1, max_norm=0.2), CLIPPED, 2
    else:
        (make, expected), steps = EXPECTED[name], 4
    with mb.target("mtp_270"), backend(units.compile_and_load), device_time() as clock:
        weight, _ = train(make, steps)
    np.testing.assert_allclose(weight, expected, atol=2e-4)
    assert weight.dtype == np.float32 and clock.host_operators == 0 and clock.runs == steps


@needs_compiler
def test_steps_on_the_device_compile_one_program():
    """Whatever the learning rate, and the first step too."""
    requests = []

    def counted(request):
        requests.append(request)
        return compile_and_load(request)

    with mb.target("mtp_372"), backend(counted):
        weight, _ = train(EXPECTED["adam"][0], 4)
    np.testing.assert_allclose(weight, EXPECTED["adam"][1], atol=1e-5)
    assert len(requests) == 1


def test_running_statistics_are_part_of_the_step():
    with reference_backend():
        norm = nn.BatchNorm2d(2).train()
        optimizer = optim.SGD(norm.parameters(), 0.1)
        x = np.arange(16, dtype=np.float32).reshape(2, 2, 2, 2)
        optimizer.step(mb.sum(mb.square(norm(mb.array(x)))))
        assert not nn.Buffer.pending
        np.testing.assert_allclose(norm.running_mean.numpy(), 0.1 * x.mean((0, 2, 3)), rtol=1e-6)
        norm.eval()
        assert norm.running_mean.constant and norm.weight.constant and not norm.running_mean.requires_grad


def test_schedules():
    def rates(make, count=6):
        optimizer = optim.SGD([nn.Parameter(W)], 1.0)
        schedule, result = make(optimizer), [optimizer.lr]
        for _ in range(count - 1):
            schedule.step()
            result.append(optimizer.lr)
        return result

    assert rates(lambda o: optim.StepLR(o, 2, 0.5)) == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert rates(lambda o: optim.MultiStepLR(o, [1, 4], 0.5)) == [1, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert rates(lambda o: optim.ExponentialLR(o, 0.5), 3) == [1, 0.5, 0.25]
    assert rates(lambda o: optim.CosineAnnealingLR(o, 4, 0.5), 5) == pytest.approx([1, 0.9267767, 0.75, 0.5732233, 0.5])
    assert rates(lambda o: optim.WarmupLR(o, 2, 0.5), 4) == [0.5, 0.75, 1, 1]
    assert rates(lambda o: optim.LinearLR(o, 0.5, 1.0, 2), 4) == [0.5, 0.75, 1, 1]
    assert rates(lambda o: optim.PolynomialLR(o, 4, 2.0)) == [1, 0.5625, 0.25, 0.0625, 0, 0]
    restarts = rates(lambda o: optim.CosineAnnealingWarmRestarts(o, 1, 2, 0.5), 5)  # of 1, 2, 4 steps
    assert restarts == pytest.approx([1, 1, 0.75, 1, 0.9267767])


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_recurrent_layers(kind):
    layer = getattr(nn, kind)(3, 4, 2)
    for k, (_, p) in enumerate(sorted(layer.named_parameters())):
        p.set(np.sin(np.arange(p.size) * 0.37 + k).reshape(p.shape))
    output, state = layer(mb.array(np.sin(np.arange(30)).reshape(5, 2, 3)))
    got = reference.evaluate([output[-1], (state[1] if kind == "LSTM" else state)[0, 0]])
    expected = {
        "LSTM": (
            [-0.4022324, -0.2694475, -0.3281434, 0.3606627, -0.4362941, -0.3193613, -0.2973673, 0.0246574],
            [-1.2583744, -1.722058, -0.6339788, -0.4740819],
        ),
        "GRU": (
            [-0.8454046, -0.8564632, 0.0392514, 0.7659828, -0.933741, -0.7981014, 0.3611302, 0.8170691],
            [-0.0253539, -0.5367824, -0.5331698, -0.6356143],
        ),
    }[kind]
    np.testing.assert_allclose(got[0].ravel(), expected[0], atol=1e-6)
    np.testing.assert_allclose(got[1], expected[1], atol=1e-6)


def test_dropout_is_a_function_of_seed_and_call():
    layer, x = nn.Dropout(0.25).train(), mb.ones((1000,))
    draws = []
    for _ in range(2):
        nn.dropout.seed(3)
        draws.append([reference.evaluate([layer(x)])[0] for _ in range(2)])
    assert np.array_equal(draws[0], draws[1]) and not np.array_equal(draws[0][0], draws[0][1])
    assert set(np.unique(draws[0][0]).round(6)) == {0, np.float64(1.333333)} and 0.7 < (draws[0][0] > 0).mean() < 0.8


def test_bad_arguments():
    with pytest.raises(mb.MetaBangError, match="at least one parameter"):
        optim.SGD([], 0.1)
    with pytest.raises(mb.MetaBangError, match="not negative"):
        optim.SGD([nn.Parameter(W)], -1)
    with pytest.raises(mb.MetaBangError, match="momentum above 0"):
        optim.SGD([nn.Parameter(W)], 0.1, nesterov=True)
    with pytest.raises(mb.MetaBangError, match="betas"):
        optim.Adam([nn.Parameter(W)], betas=(0.9, 1.0))
    p = nn.Parameter(W)
    with pytest.raises(mb.MetaBangError, match="changes leaves"):
        optim.SGD([p * 2], 0.1)
    with pytest.raises(mb.ShapeError, match="a loss has one element, this one has shape"):
        optim.SGD([p], 0.1).step(p * 2)
    with pytest.raises(mb.MetaBangError, match="does not depend on parameter number 1; give the optimizer only"):
        optim.SGD([p, nn.Parameter(W)], 0.1).step(mb.sum(p))


def test_half_precision_is_stepped_in_float32():
    """Squares of 16-bit gradients overflow or vanish, and so do Adam's averages of them."""
    for value, bound in ((100, 1.0), (1e-4, 1e-4)):
        (clipped,) = optim.clip_grad_norm([mb.array(np.full(20, value), "float16")], bound)
        np.testing.assert_allclose(reference.evaluate([clipped])[0], bound / np.sqrt(20), rtol=1e-2)
        assert clipped.dtype == "float16"
    for dtype in ("float16", "bfloat16"):
        p = nn.Parameter(mb.array(np.ones(3), dtype))
        optimizer = optim.Adam([p], 0.1, max_norm=10.0)
        with reference_backend():
            optimizer.step(mb.sum(p * 1e-3))
        assert p.dtype == dtype and optimizer.state[0]["s"].dtype == "float32"
        np.testing.assert_allclose(p.numpy(), 0.9, rtol=4e-3)


def test_max_norm_is_positive():
    p = nn.Parameter(W)
    for wrong in (0, -1.0, np.nan):
        with pytest.raises(mb.MetaBangError, match="max_norm is a number above 0"):
            optim.clip_grad_norm([p], wrong)
        with pytest.raises(mb.MetaBangError, match="max_norm is a number above 0"):
            optim.SGD([p], 0.1, max_norm=wrong)
    empty, whole = optim.clip_grad_norm([mb.zeros((0,)), mb.array([4.0, 2.0])], 2.0, norm_type=np.inf)
    assert empty.shape == (0,)
    np.testing.assert_allclose(reference.evaluate([whole])[0], [2.0, 1.0], rtol=1e-6)


def test_options_assigned_between_steps():
    """State that the first steps did not need starts with zeros; options that make no sense are refused then too."""
    for make, name, value in (
        (lambda p: optim.SGD([p], 0.1), "momentum", 0.9),
        (lambda p: optim.Adam([p], 0.1), "amsgrad", True),
    ):
        p = nn.Parameter(np.ones(3, np.float32))
        optimizer = make(p)
        with reference_backend():
            optimizer.step(mb.sum(p * p))
            optimizer.param_groups[0][name] = value
            optimizer.step(mb.sum(p * p))
        assert (p.numpy() < 0.82).all()
        optimizer.lr = "x"
        with pytest.raises(mb.DTypeError, match="a number for `lr`"):
            optimizer.step(mb.sum(p * p))


def test_momentum_switched_on_later():
    """Against PyTorch 2.13: dampening spares the step in which the average starts, which stays while it is not used."""
    p = nn.Parameter(np.ones(3, np.float32))
    optimizer = optim.SGD([p], 0.1, dampening=0.5)
    with reference_backend():
        for momentum in (0.0, 0.9, 0.9, 0.0, 0.9):
            optimizer.param_groups[0]["momentum"] = momentum
            optimizer.step(mb.sum(p * p * mb.array([1.0, 2.0, 3.0])))
    np.testing.assert_allclose(p.numpy(), [0.12383999, -0.22464001, -0.26672], rtol=1e-5)


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda p: optim.Adam([{"params": [p], "betas": 0.9}]), "betas are a pair of numbers"),
        (lambda p: optim.Adam([{"params": [p], "betas": (0.9, 0.9, 0.9)}]), "betas are a pair of numbers"),
        (lambda p: optim.SGD(p, 0.1), "an optimizer needs several tensors"),
        (lambda p: optim.SGD({"params": [p]}, 0.1), "an optimizer needs several tensors"),
        (lambda p: optim.SGD([{"params": 3}], 0.1), 'the "params" of a group are several tensors, got 3'),
    ],
)
def test_wrong_parameters_and_betas(make, sentence):
    with pytest.raises(mb.DTypeError, match=sentence):
        make(nn.Parameter(W))


def test_tied_parameters_are_one():
    class Tied(nn.Module):
        def __init__(self):
            self.a = nn.Embedding(3, 3)
            self.b = nn.Linear(3, 3, False)
            self.b.weight = self.a.weight

    model = Tied()
    assert [name for name, _ in model.named_parameters()] == ["a.weight"]
    assert sorted(model.state_dict()) == ["a.weight", "b.weight"]
    assert len(optim.SGD(model.parameters(), 0.1).parameters) == 1

"""What a program may not be, empty tensors, and the reference itself against plain NumPy."""

import numpy as np
import pytest
from programs import TARGETS, check, generator, integers, needs_compiler, normal, parameter

import metabang as mb
from metabang import reference
from metabang.nn import functional as F

EMPTY = {
    "elementwise": lambda: [normal(0) * 2, normal(3, 0, 4) + normal(4), normal(0) > 0],
    "sum": lambda: [normal(0, 3).sum(0), normal(0, 3).sum(1), normal(0, 3).mean(0), normal(0, 3).max(1)],
    "move": lambda: [normal(5)[2:2], normal(0, 3).T, normal(0, 3).reshape(3, 0), mb.pad(normal(0), [2], [3], 1.5)],
    "concat": lambda: mb.concat([normal(0, 3), normal(2, 3)]),
    "contraction": lambda: [normal(0, 3) @ normal(3, 4), normal(2, 0) @ normal(0, 4)],
    "conv": lambda: F.conv2d(normal(0, 3, 8, 8), parameter(4, 3, 3, 3)),
    "gather": lambda: mb.take(normal(5, 3), mb.array(np.zeros(0, np.int32))),
    "scatter": lambda: mb.reindex_reduce(normal(0), "add", (3,), ["i0"]),
    "beside_others": lambda: [normal(0) * 2, normal(3) * 2],
}


@needs_compiler
@pytest.mark.parametrize("name", EMPTY)
def test_empty_tensors(name):
    made = EMPTY[name]()
    outputs = [made] if isinstance(made, mb.Var) else made
    assert not any(check(outputs, "mtp_270", [None] * len(outputs)))


@pytest.mark.parametrize("make", [lambda: normal(0, 3).max(0), lambda: mb.softmax(normal(3, 0))])
def test_the_maximum_of_nothing_is_an_error(make):
    with pytest.raises(mb.ShapeError, match="empty dimension"):
        make()


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("make", [lambda x: x * 2, lambda x: x.sum(), lambda x: x.T, lambda x: x.astype("float32")])
def test_float64_is_refused_at_the_line(make, target):
    y = make(normal(4, 5, dtype="float64"))
    with pytest.raises(mb.CompileError, match="float64") as error:
        mb.compile(y, [], target)
    assert error.value.source[0].endswith(("programs.py", "test_programs.py"))


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_bfloat16_is_that_of_the_hardware_or_emulated(target):
    x, w = normal(4, 5, dtype="bfloat16"), mb.parameter(generator("w").normal(size=(5, 6)), "bfloat16")
    table = mb.parameter(generator("t").normal(size=(9, 3)), "bfloat16")
    y = [
        x * 2 + 0.1, mb.exp(x), x.sum(1), x.mean(), x.max(0), x.T[1:, ::-1], mb.where(x > 0, x, -1.0), x @ w,
        mb.take(table, mb.array([3, 0, 8])), mb.pad(x, [1, 0], [0, 2], 0.3), x.reshape(20).astype("float32") + 1,
        normal(7).astype("bfloat16"), integers(7).astype("bfloat16"), x.astype("int32"), x,
        mb.full((2,), 0.1, "bfloat16"), mb.reindex_reduce(x, "add", (5,), ["i1"]),
    ]  # fmt: skip
    assert not any(check(y, target, [2e-2] * len(y)))


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_bfloat16_results_have_its_bits(target):
    x = mb.input((64,), "bfloat16")
    values = generator("bits").normal(size=64) * 2.0 ** np.arange(-60, 68, 2)
    program = mb.compile([x * 1.7, x / 3, x + x * x], [x], target)
    held = mb.array(values, "bfloat16").numpy()
    results = program(values)
    for got in results:
        assert not np.any(got.view(np.uint32) & 0xFFFF)
    np.testing.assert_allclose(results[0], held * 1.703125, rtol=2.0**-8)  # 1.7 is that in bfloat16; half a unit


@needs_compiler
def test_inputs_parameters_and_constants_are_results():
    x, w = normal(3, 4), parameter(5)
    y = x * 2
    program = mb.compile([x, y, w, mb.ones((2, 2)), y, y.reshape(12), x.T], [x])
    for scale in (1, 3):
        a = x.numpy() * scale
        results = program(a)
        wanted = [a, a * 2, w.numpy(), np.ones((2, 2)), a * 2, (a * 2).reshape(12), a.T]
        for got, exact in zip(results, wanted, strict=True):
            np.testing.assert_array_equal(got, exact)


@needs_compiler
def test_targets_take_turns_in_one_process():
    x = normal(64, 65)
    y = mb.exp(x).sum(1)
    programs = [mb.compile(y, [x], target) for target in TARGETS]
    exact = np.exp(x.numpy().astype(np.float64)).sum(1)
    for program in [*programs, *programs]:
        np.testing.assert_allclose(program(x.numpy())[0], exact, rtol=1e-5)


def test_reference_is_numpy():
    a, b, k = normal(4, 5, 6), normal(5, 1, seed=1), integers(4, 5, 6, low=1, high=9)
    x, y, n = a.numpy().astype(np.float64), b.numpy().astype(np.float64), k.numpy()
    pairs = [
        (a + b * 2, x + y * 2),
        (mb.exp(a).mean((0, 2)), np.exp(x).mean((0, 2))),
        (a.transpose((2, 0, 1)), x.transpose(2, 0, 1)),
        (a[::-1, 1:, ::2], x[::-1, 1:, ::2]),
        (k // 3 % 2, n // 3 % 2),
        (mb.where(a > b, a, 0.0), np.where(x > y, x, 0)),
        (a @ normal(6, 3), x @ normal(6, 3).numpy().astype(np.float64)),
        (a.prod(1), x.prod(1)),
        (a.var(0), x.var(0)),
        (mb.pad(a, [1, 0, 2], [0, 1, 0], 3), np.pad(x, [(1, 0), (0, 1), (2, 0)], constant_values=3)),
        (mb.concat([a, a], 1), np.concatenate([x, x], 1)),
        (mb.stack([a, a], 2), np.stack([x, x], 2)),
        (mb.argmax(a, 1), x.argmax(1)),
        (mb.take(a, k[0, 0], 1), x[:, np.where(n[0, 0] < 5, n[0, 0], 0)] * (n[0, 0] < 5)[:, None]),
        (a.max(), x.max()),
    ]
    for var, exact in pairs:
        (got,) = reference.evaluate(var)
        np.testing.assert_allclose(got, exact, rtol=1e-12, atol=1e-12)


def test_reference_convolution_is_a_loop():
    x, w = normal(2, 4, 7, 6), parameter(6, 2, 3, 3)
    (got,) = reference.evaluate(F.conv2d(x, w, stride=2, padding=((1, 0), (2, 1)), groups=2))
    padded = np.pad(x.numpy().astype(np.float64), [(0, 0), (0, 0), (1, 0), (2, 1)])
    wide = w.numpy().astype(np.float64)
    for index in np.ndindex(got.shape):
        n, o, i, j = index
        first = o // 3 * 2
        patch = padded[n, first : first + 2, i * 2 : i * 2 + 3, j * 2 : j * 2 + 3]
        assert abs(got[index] - (patch * wide[o]).sum()) < 1e-12

"""Each class of operators with each element type on each target: right, or refused by a sentence. No third outcome."""

import numpy as np
import pytest
from programs import TARGETS, check, generator, needs_compiler

import metabang as mb
from metabang.dtypes import FLOATS, INTEGERS, NAMES


def data(dtype: str, seed: int = 0, *shape: int) -> mb.Var:
    shape = shape or (3, 40)
    values = generator(dtype, seed).integers(0 if dtype.startswith("uint") else -5, 6, size=shape)
    return mb.array(values % 2 == 1 if dtype == "bool" else values, dtype)


def nonzero(dtype: str, seed: int) -> mb.Var:
    x = data(dtype, seed)
    return mb.ones(x.shape, dtype) if dtype == "bool" else mb.where(x == 0, 3, x)


SELECTED = ("bool", "int8", "uint16", "int32", "float16", "float32")
CLASSES = {
    "negate": lambda d: -data(d),
    "magnitude": lambda d: [abs(data(d)), mb.sign(data(d))],
    "round": lambda d: [mb.floor(data(d)), mb.round(data(d)), mb.trunc(data(d))],
    "function": lambda d: [mb.exp(data(d)), mb.atan(data(d)), mb.sqrt(data(d) * data(d))],
    "invert": lambda d: ~data(d),
    "truth": lambda d: [mb.logical_not(data(d)), mb.logical_xor(data(d), data(d, 1))],
    "add": lambda d: [data(d) + data(d, 1), data(d) * data(d, 1)],
    "subtract": lambda d: data(d) - data(d, 1),
    "extremes": lambda d: [mb.maximum(data(d), data(d, 1)), mb.minimum(data(d), data(d, 1))],
    "divide": lambda d: data(d) / nonzero(d, 1),
    "floor_divide": lambda d: [data(d) // nonzero(d, 1), data(d) % nonzero(d, 1)],
    "power": lambda d: mb.power(abs(data(d)), abs(data(d, 1)) // 2),
    "bits": lambda d: [data(d) & data(d, 1), data(d) | data(d, 1), data(d) ^ data(d, 1)],
    "shift": lambda d: [data(d) << abs(data(d, 1)), data(d) >> abs(data(d, 1))],
    "compare": lambda d: [data(d) < data(d, 1), data(d) == data(d, 1), data(d) >= 1],
    "select": lambda d: mb.where(data("bool"), data(d), data(d, 1)),
    "cast": lambda d: [data(d).astype(other) for other in SELECTED if other != d],
    "cast_from": lambda d: [data(other).astype(d) for other in SELECTED if other != d],
    "constant": lambda d: mb.full((3, 5), 1, d) + mb.pad(data(d, 0, 2, 5), [0, 0], [1, 0], 1),
    "index": lambda d: mb.index((3, 40), 1, d),
    "move": lambda d: [mb.pad(data(d).T, [1, 0], [0, 2], 1)[::3], mb.broadcast(data(d, 0, 40), (3, 40, 2), [1])],
    "reindex": lambda d: mb.reindex(data(d), (40, 4), ["i1", "i0*2 - 1"], 1),
    "gather": lambda d: mb.take(data(d), mb.array([2, 0, 1, 0])),
    "sum": lambda d: [data(d).sum(1), data(d).prod(0)],
    "mean": lambda d: data(d).mean(1),
    "max": lambda d: [data(d).max(1), data(d).min(0)],
    "truth_reductions": lambda d: [mb.all(data(d), 1), mb.any(data(d), 0)],
    "scatter": lambda d: mb.reindex_reduce(data(d), "add", (3, 20), ["i0", "i1 // 2"]),
    "scatter_max": lambda d: mb.reindex_reduce(data(d), "max", (20,), ["i1 % 20"]),
    "scatter_bits": lambda d: mb.reindex_reduce(data(d), "xor", (20,), ["i1 % 20"]),
}
# What the graph refuses, with the sentence's core. Everything else is right on every target, but float64.
REFUSED = {
    **{(name, "bool"): "not defined for bool" for name in ("negate", "magnitude", "round", "floor_divide", "power")},
    ("subtract", "bool"): "cannot be subtracted",
    ("shift", "bool"): "not defined for bool",
    ("scatter", "bool"): "not defined for bool",
    ("scatter_max", "bool"): "not defined for bool",
    ("index", "bool"): "gives integers",
    **{
        (name, d): "defined for bool and integers"
        for name in ("invert", "bits", "shift", "scatter_bits")
        for d in FLOATS
    },
    **{("index", d): "gives integers" for d in FLOATS},
}


def made(name: str, dtype: str) -> list[mb.Var]:
    outputs = CLASSES[name](dtype)
    return [outputs] if isinstance(outputs, mb.Var) else outputs


@pytest.mark.parametrize("dtype", NAMES)
def test_the_graph_takes_or_refuses(dtype):
    for name in CLASSES:
        sentence = REFUSED.get((name, dtype))
        if sentence is None:
            assert made(name, dtype)
        else:
            with pytest.raises(mb.DTypeError, match=sentence):
                made(name, dtype)


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_every_class_is_right_with_every_dtype(target):
    # A class meets each type on one of the targets: all of the pairs on all of them would take four minutes.
    number = TARGETS.index(target)
    accepted = []
    for row, name in enumerate(CLASSES):
        for column, dtype in enumerate(each for each in NAMES if each != "float64"):
            if (row + column) % len(TARGETS) == number and (name, dtype) not in REFUSED:
                outputs = made(name, dtype)
                accepted.append((name, dtype, outputs[column // len(TARGETS) % len(outputs)]))
    problems = check(
        [output for *_, output in accepted], target, [3e-5 if d == "float32" else None for _, d, _ in accepted]
    )
    assert [f"{name} {dtype}: {text}" for (name, dtype, _), text in zip(accepted, problems, strict=True) if text] == []


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_float64_is_refused_by_a_sentence(target):
    for name in CLASSES:
        if (name, "float64") in REFUSED:
            continue
        for output in made(name, "float64"):
            with pytest.raises(mb.CompileError, match="an MLU has no float64; cast to float32"):
                mb.compile(output, [], target)


def test_integers_wrap_as_numpy_does():
    for dtype in INTEGERS:
        limits = np.iinfo(dtype)
        x = mb.array(np.array([limits.max, limits.min], dtype))
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(mb.reference.evaluate(x + 1)[0], x.numpy() + np.array(1, dtype))


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_ties_of_bfloat16_go_to_even(target):
    # 1 + n / 256 is a tie for odd n; also around powers of two, with a sign, large and small.
    n = np.arange(-40, 300)
    scale = np.resize([1, -1, 2.0**100, -(2.0**-90), 2.0**120], n.size)
    x, y = mb.array(scale, "bfloat16"), mb.array(n / 256 * scale, "bfloat16")
    exact = (x.numpy() + y.numpy()).astype(np.float32)  # of 16 bits at most
    bits = exact.view(np.uint32)
    even = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
    assert np.array_equal(mb.compile([x + y], [], target).run([])[0], even.view(np.float32))

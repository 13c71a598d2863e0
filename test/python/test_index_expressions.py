"""Index expressions beyond affine maps, as strings (Jittor has these forms) and as functions: values and gradients."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from programs import TARGETS, needs_compiler

import metabang as mb
from metabang import reference
from metabang.cncc.simulator import all_checks

DATA = np.arange(1, 31, dtype=np.float32).reshape(5, 6)
ROWS, PAIRS = np.array([3, 0, 4, 9], np.int32), np.array([[1, 0, 2], [2, 5, 0], [0, 1, 1], [4, 4, 3]], np.int32)
# Name: (shape, indexes, overflow conditions, extras, the same in Python: index -> position or None).
CASES = {
    "product": ((4, 3), ["i0", "i0*i1"], [], [], lambda i, j: (i, i * j)),
    "quotient_of_indices": ((4, 5), ["i0 // i1", "i1"], [], [], lambda i, j: (i // j, j) if j else None),
    "remainder_of_indices": ((5, 4), ["i0", "(i0 * 3) % (i1 + 1)"], [], [], lambda i, j: (i, i * 3 % (j + 1))),
    "affine_beside_product": ((3, 3), ["4 - i0", "i1*i1"], [], [], lambda i, j: (4 - i, j * j)),
    "ternary": ((5, 6), ["i0 < 2 ? 2 - i0 : i0 > 3 ? 0 : i0", "i1"], [], [],
                lambda i, j: (2 - i if i < 2 else 0 if i > 3 else i, j)),
    "minimum_and_maximum": ((7, 8), ["min(i0, 4)", "max(i1 - 2, 0)"], [], [], lambda i, j: (min(i, 4), max(j - 2, 0))),
    "absolute": ((5, 6), ["abs(i0 - 2)", "i1"], [], [], lambda i, j: (abs(i - 2), j)),
    "comparison_as_number": ((5, 6), ["i0", "(i1 > i0) + 2*(i0 == 1)"], [], [],
                             lambda i, j: (i, (j > i) + 2 * (i == 1))),
    "extra_by_index": ((4, 6), ["@e0(i0)", "i1"], [], [ROWS], lambda i, j: (ROWS[i], j)),
    "extra_by_two_indices": ((4, 3), ["@e0(i0,i1)", "i1"], [], [PAIRS], lambda i, j: (PAIRS[i, j], j)),
    "extra_by_expression": ((3, 6), ["@e0(i0 + 1)", "@e1(0, min(i1, 2))"], [], [ROWS, PAIRS],
                            lambda i, j: (ROWS[i + 1], PAIRS[0, min(j, 2)])),
    "extra_in_condition": ((4, 6), ["i0", "i1"], ["i1 >= @e0(i0) + 1"], [ROWS],
                           lambda i, j: (i, j) if j < ROWS[i] + 1 else None),
    "joined_conditions": ((5, 6), ["i0", "i1"], ["i0 == 1 && i1 > 2 || !(i1 < 5)", "i0 > 3 and i1 == 0"], [],
                          lambda i, j: None if (i == 1 and j > 2) or j >= 5 or (i > 3 and j == 0) else (i, j)),
    "extra_equals_index": ((4, 3), ["i0", "i1"], ["s0 == i1"], [PAIRS],
                           lambda i, j: None if PAIRS[i, j] == j else (i, j)),
    "product_with_extra": ((4, 3), ["i0", "s0*i1"], [], [PAIRS], lambda i, j: (i, PAIRS[i, j] * j)),
}  # fmt: skip


def reads(name: str) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Every position of the result that reads an element of DATA, and that element's position."""
    shape, *_, position = CASES[name]
    for at in itertools.product(*map(range, shape)):
        found = position(*at)
        if found is not None and all(0 <= k < n for k, n in zip(found, DATA.shape)):
            yield at, tuple(map(int, found))


def gathered(name: str) -> np.ndarray:
    out = np.full(CASES[name][0], -1, np.float32)
    for at, found in reads(name):
        out[at] = DATA[found]
    return out


def built(name: str, x: mb.Var) -> mb.Var:
    shape, indexes, conditions, extras, _ = CASES[name]
    return mb.reindex(x, shape, indexes, -1, conditions, [mb.array(each) for each in extras])


@pytest.mark.parametrize("name", CASES)
def test_reference(name):
    np.testing.assert_array_equal(reference.evaluate(built(name, mb.array(DATA)))[0], gathered(name))


@pytest.mark.parametrize("name", CASES)
def test_gradient_counts_the_readers(name):
    x = mb.array(DATA)
    (gradient,) = mb.grad(mb.sum(built(name, x)), [x])
    count = np.zeros(DATA.shape)
    for _, found in reads(name):
        count[found] += 1
    np.testing.assert_array_equal(reference.evaluate(gradient)[0], count)


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_targets(target):
    names = list(CASES)[TARGETS.index(target) :: len(TARGETS)]
    x = mb.array(DATA)
    outputs = [built(name, x) for name in names]
    outputs.append(mb.reindex_reduce(x, "add", (7,), ["i0 * i1 < 3 ? i1 : 6"], ["i0 == i1 || i0 == 4"]))
    with all_checks():
        results = mb.compile(outputs, [], target).run([])
    for name, got in zip(names, results):
        np.testing.assert_array_equal(got, gathered(name), err_msg=name)
    scattered = np.zeros(7)
    for i, j in itertools.product(range(5), range(6)):
        if not (i == j or i == 4):
            scattered[j if i * j < 3 else 6] += DATA[i, j]
    np.testing.assert_array_equal(results[-1], scattered)


def test_functions_say_the_same():
    x, shape = mb.array(DATA), (5, 6)
    pairs = [
        (lambda i, j: ((i < 2).where(2 - i, i), j), ["i0 < 2 ? 2 - i0 : i0", "i1"]),
        (lambda i, j: (i.minimum(3), (j - 2).maximum(0)), ["min(i0, 3)", "max(i1 - 2, 0)"]),
        (lambda i, j: (i, (i == 2) * j), ["i0", "(i0 == 2) * i1"]),
        (lambda i, j: (i * j // 7, j), ["i0*i1 // 7", "i1"]),
    ]
    for function, texts in pairs:
        got = reference.evaluate([mb.reindex(x, shape, function), mb.reindex(x, shape, texts)])
        np.testing.assert_array_equal(*got)
    with_conditions = [
        mb.reindex(x, shape, ["i0", "i1"], 0, lambda i, j: [(i == 1) & (j > 2) | ~(j < 5)]),
        mb.reindex(x, shape, ["i0", "i1"], 0, ["i0 == 1 && i1 > 2 || !(i1 < 5)"]),
    ]
    np.testing.assert_array_equal(*reference.evaluate(with_conditions))


def test_an_affine_map_stays_one():
    x = mb.array(DATA)
    text = mb.emit(mb.reindex(x, (3, 3), ["i0 + 1", "i0*i1"]))
    assert "affine_map<(d0, d1)[s0] -> (d0 + 1, s0)>" in text
    assert "[s0]" not in mb.emit(mb.reindex(x, (3, 3), lambda i, j: (i * 2 - 1 + j, j)))


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_extras_beyond_32_bits(target):
    """Alone they are outside of any tensor; computed with, they are computed in 64 bits."""
    x = np.arange(40, dtype=np.float32)
    far = [0, 5, 2**32 + 3, -(2**32) + 7, 2**40, -1, 39, 2**31 + 4, 2**63 - 1, -(2**63), -(2**31), 2**33]
    extra = mb.array(np.array(far * 3, np.int64))
    positive = mb.array(np.array([3, 2**32 - 1, 2**31 + 2] * 12, np.uint32))
    outputs = [
        mb.reindex(mb.array(x), (36,), ["s0"], -7, extras=[extra]),
        mb.reindex(mb.array(x), (36,), [f"s0 - {2**32}"], -7, extras=[extra]),
        mb.reindex(mb.array(x), (36,), [f"s0 - {2**31}"], -7, extras=[positive]),
        mb.reindex(mb.array(x), (36,), ["i0"], -7, [f"s0 + i0 > {2**33}"], extras=[extra]),
        mb.reindex_reduce(mb.array(x[:36]), "add", (40,), ["s0"], extras=[extra]),
    ]
    for got, exact in zip(mb.compile(outputs, [], target).run([]), reference.evaluate(outputs), strict=True):
        np.testing.assert_array_equal(got, exact)

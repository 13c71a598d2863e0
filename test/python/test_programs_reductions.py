"""Reductions over every combination of axes, softmax."""

import itertools

import numpy as np
from programs import TARGETS, Cases, integers, normal, on_targets

import metabang as mb

CASES = Cases()
SPECIAL_CASES = Cases()  # an MLU2xx saturates: it has neither Inf nor NaN
SHAPE = (3, 4, 5, 17)
for op in ("sum", "mean", "max", "min", "prod"):
    for count in range(1, 5):
        for axes in itertools.combinations(range(4), count):
            CASES.add(
                f"{op}_{''.join(map(str, axes))}", lambda op=op, axes=axes: getattr(normal(*SHAPE), op)(axes), 2e-5
            )
    CASES.add(
        f"{op}_keepdims",
        lambda op=op: [getattr(normal(6, 7, 8), op)(axes, keepdims=True) for axes in (0, 1, 2, (0, 2), None)],
        2e-5,
    )
    CASES.add(f"{op}_epilogue", lambda op=op: abs(getattr(normal(9, 33) * 2, op)(1)) + 1, 2e-5)
    CASES.add(f"{op}_joined", lambda op=op: normal(9, 33) - getattr(normal(9, 33), op)(1, keepdims=True), 2e-5)
    CASES.add(
        f"{op}_half", lambda op=op: [getattr(normal(6, 50, dtype="float16"), op)(axis) for axis in (0, 1, None)], 1e-2
    )
    CASES.add(
        f"{op}_size_1",
        lambda op=op: [
            getattr(normal(*s), op)(a) for s, a in (((1,), 0), ((1, 7), 0), ((7, 1), 1), ((1, 1, 1), None), ((), None))
        ],
        2e-5,
    )
for op in ("sum", "max", "min", "prod", "mean"):
    for dtype in ("int32", "int16", "int8"):
        CASES.add(
            f"{op}_{dtype}",
            lambda op=op, dtype=dtype: [
                getattr(integers(6, 9, dtype=dtype, low=-3, high=4), op)(axis) for axis in (0, 1, None)
            ],
        )
CASES.add("sum_int32_in_32", lambda: [mb.sum(integers(6, 90), axis, dtype="int32") for axis in (0, 1, None)])
CASES.add("sum_bool", lambda: [(normal(6, 90) > 0).sum(axis) for axis in (0, 1, None)])
CASES.add("max_bool", lambda: [(normal(6, 90) > 2).max(1), (normal(6, 90) > -2).min(1)])
SPECIAL_CASES.add(
    "max_inf",
    lambda: [
        mb.array(np.array([[1, 2, 3], [-np.inf, -5, -np.inf], [np.inf, 1, 2], [-np.inf] * 3], "float32")).max(1),
        mb.array(np.array([[1, 0, 3], [-np.inf, -5, -np.inf], [np.inf, 1, 2]], "float32")).min(0),
    ],
)
SPECIAL_CASES.add(
    "sum_inf", lambda: mb.array(np.array([[1, np.nan, 3], [-np.inf, -5, np.inf], [np.inf, 1, 2]], "float32")).sum(1)
)
CASES.add("var_std", lambda: [normal(9, 70).var(1), normal(9, 70).std(0), normal(4, 5, 6).var((0, 2))], 2e-5)
CASES.add(
    "sum_of_square",
    lambda: [(normal(9, 70) ** 2).sum(1), (normal(9, 70) * normal(9, 70, seed=1)).sum(), mb.exp(normal(5, 4)).sum(0)],
    2e-5,
)
CASES.add("twice", lambda: normal(5, 6, 70).sum(2).max(1) + normal(5, 6, 70).mean(1).sum(1), 2e-5)
CASES.add(
    "large_rows",
    lambda: [
        normal(3, 70001).sum(1),
        normal(3, 70001).max(1),
        normal(70001, 3).sum(0),
        normal(70001, 3).min(0),
        normal(250007).mean(),
    ],
    2e-5,
)
CASES.add(
    "rows",
    lambda: [normal(1000, 7).sum(1), normal(7, 1000).sum(0), normal(2, 300, 65).sum(1), normal(64, 128).sum()],
    2e-5,
)
for shape, axis in (
    ((7, 10), -1),
    ((7, 10), 0),
    ((2, 3, 37), 1),
    ((2, 3, 37), 2),
    ((1, 1000), 1),
    ((5, 1), 1),
    ((1,), 0),
    ((2, 4, 5, 6), 1),
):
    CASES.add(f"softmax_{shape}_{axis}", lambda shape=shape, axis=axis: mb.softmax(normal(*shape) * 5, axis), 2e-5)
CASES.add("softmax_half", lambda: mb.softmax(normal(6, 50, dtype="float16"), 1), 1e-2)
CASES.add("softmax_large_values", lambda: mb.softmax(normal(6, 50) * 1000, 1), 2e-5)

test_reductions = on_targets(CASES)
test_special_values = on_targets(SPECIAL_CASES, TARGETS[1:])

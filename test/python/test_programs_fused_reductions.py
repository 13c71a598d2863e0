"""Reductions of what is computed from their operands: in one kernel, in several cuts, and where they must not join."""

import json

import numpy as np
import pytest
from programs import TARGETS, Cases, integers, normal, on_targets

import metabang as mb

CASES = Cases()
SHAPES = ((9, 33), (300, 100), (3, 40001), (2000, 7), (5, 1), (1, 129))
for shape in SHAPES:
    for axis in (0, 1):
        CASES.add(
            f"sum_of_product_{shape}_{axis}",
            lambda shape=shape, axis=axis: (normal(*shape) * normal(*shape, seed=1)).sum(axis),
            2e-5,
        )
CASES.add("max_of_abs", lambda: [abs(normal(40, 70)).max(axis) for axis in (0, 1, None)], 2e-5)
CASES.add("mean_of_squares", lambda: [(normal(40, 70) ** 2).mean(axis) for axis in (0, 1, (0, 1))], 2e-5)
CASES.add("min_of_sum", lambda: (normal(6, 50, 20) + normal(20) * 2 - 1).min(1), 2e-5)
CASES.add("prod_of_sum", lambda: [(1 + normal(12, 40) * 0.01).prod(axis) for axis in (0, 1)], 2e-5)
CASES.add("norm", lambda: mb.sqrt((normal(30, 65) ** 2).sum(1)) + 1, 2e-5)
CASES.add("log_sum_exp", lambda: mb.log(mb.exp(normal(30, 65)).sum(1)), 2e-5)
CASES.add("batch_variance", lambda: normal(4, 9, 9, 20).var((0, 1, 2)), 2e-5)
CASES.add("layer_variance", lambda: [normal(33, 250).var(1), normal(33, 250).std(0)], 2e-5)
# An operand that does not move along the rows, or along the columns; one that is turned; one that is a window.
CASES.add(
    "broadcast",
    lambda: [
        (normal(30, 65) * normal(65)).sum(1),
        (normal(30, 65) * normal(65)).sum(0),
        (normal(30, 65) - normal(30, 1)).max(1),
        (normal(30, 65) - normal(30, 1)).max(0),
    ],
    2e-5,
)
CASES.add("turned", lambda: [(normal(30, 65) * normal(65, 30).T).sum(axis) for axis in (0, 1)], 2e-5)
CASES.add(
    "window", lambda: [(mb.pad(normal(30, 60), (1, 2), (0, 3)) * 2).sum(1), abs(normal(30, 60)[3:20, 7:]).sum(0)], 2e-5
)
CASES.add("half", lambda: (normal(9, 70, dtype="float16") * normal(9, 70, dtype="float16", seed=1)).sum(1), 1e-2)
CASES.add("integers", lambda: [(integers(9, 70) * 2).sum(1), (integers(9, 70) + 1).max(0)])
CASES.add("mask", lambda: mb.where(normal(9, 70) > 0, normal(9, 70), 0).sum(1), 2e-5)


@CASES.case(2e-5)
def read_twice() -> list[mb.Var]:
    y = normal(30, 65) * normal(30, 65, seed=1)
    return [y.sum(1), y.max(0), y]


@CASES.case(2e-5)
def row_read_by_reduction_and_behind_it() -> mb.Var:
    y = mb.exp(normal(30, 65))
    return y / y.sum(1, keepdims=True)


@CASES.case(2e-5)
def reduction_of_reduction() -> mb.Var:
    return ((normal(20, 30, 40) ** 2).sum(2) ** 2).sum(1)


test_fused_reductions = on_targets(CASES)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("make", "kernels"),
    [
        (lambda: (normal(300, 100) * normal(300, 100, seed=1)).sum(1), ["sum_0"]),
        (lambda: abs(normal(300, 100)).max(0), ["max_0"]),
        (lambda: normal(300, 100).var(1), ["sum_0", "sum_1"]),
        (lambda: (normal(3, 40001) * normal(3, 40001, seed=1)).sum(1), ["sum_0"]),
    ],
    ids=["product", "abs", "variance", "long rows"],
)
def test_the_producer_of_a_reduction_is_no_kernel(target: str, make, kernels: list[str]) -> None:
    plan = mb.compile([make()], [], target).plan
    assert [launch["kernel"] for launch in plan["launches"]] == kernels
    assert plan["remarks"] == [], json.dumps(plan["remarks"])


def test_rows_are_summed_by_several_cores() -> None:
    """A row of 1000 elements is small: whole rows go to all cores."""
    program = mb.compile([(normal(300, 1000) * 2).sum(1)], [], "mtp_270")
    assert program.plan["launches"][0]["dim"] == [16, 1, 1]
    np.testing.assert_allclose(program.run([])[0], 2 * np.asarray(normal(300, 1000)).sum(1), rtol=0, atol=1e-3)

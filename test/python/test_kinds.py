"""A sample of what tools/sweep_kinds.py tries in full: kinds with element types on targets, right on edge values, and
none of them scalar code."""

import sys
from pathlib import Path

import pytest
from programs import TARGETS, needs_compiler

pytestmark = [needs_compiler, pytest.mark.filterwarnings("ignore")]
sys.path.append(str(Path(__file__).parents[2] / "tools"))


@pytest.mark.parametrize("target", TARGETS)
def test_a_sample_of_all_kinds(target):
    import sweep_kinds

    every, chosen, number = 180, [], 29 * TARGETS.index(target)
    for dtype in sweep_kinds.DTYPES:
        made = sweep_kinds.cases(dtype, special=target != "mtp_270")
        # Reductions are few, and each of its own making.
        weights = [7 if case.group == "reduce" else 1 for case in made]
        for case, weight in zip(made, weights, strict=True):
            number += weight
            if number >= every:
                number -= every
                chosen.append(case)
    for case in chosen:
        sweep_kinds.remark(case, target)
    assert [f"{case.dtype} {case.name}" for case in chosen if case.refused or case.scalar] == []
    sweep_kinds.run(chosen, target)
    assert [f"{case.dtype} {case.name}: {case.problem}" for case in chosen if case.problem] == []

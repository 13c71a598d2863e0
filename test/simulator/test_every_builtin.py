"""Every builtin of the table against NumPy, on each architecture that has it and for each element type, at edge values.

A builtin without a reference fails by name, unless EXEMPT says why it has none.
"""

from __future__ import annotations

import re
from itertools import groupby

import expect_atomic  # noqa: F401
import expect_convert  # noqa: F401
import expect_move  # noqa: F401
import expect_reduce  # noqa: F401
import expect_tensor  # noqa: F401
import expect_vector  # noqa: F401
import pytest
from expect import Form, Runner, forms_of, reference_of
from harness import ARCH

EXEMPT = {
    r"__sync\w*": "orders, computes nothing: test_sync.py, test_union.py",
    r"__bang_(un)?lock|__prefetch_smmu": "no effect on results; test_overloads.py calls it",
    r"__is_(ipu|mpu)": "depends on the core: test_union.py",
    r"__bang_rand": "random: its distribution and repetition are in test_integers.py",
}


def family(form: Form) -> str:
    """Which translation unit: the file of the table."""
    return form.overload.record["part"].split("_")[0]


def test_every_builtin_has_a_reference():
    names = {f.overload.name: f for device in ARCH for f in forms_of(device)}
    missing = [n for n, f in names.items() if not reference_of(f.overload)]
    without = [n for n in missing if not any(re.fullmatch(p, n) for p in EXEMPT)]
    assert not without, f"no reference for {len(without)} of {len(names)}: {' '.join(sorted(without))}"
    idle = [p for p in EXEMPT if not any(re.fullmatch(p, n) for n in missing)]
    assert not idle, f"these exemptions are not needed: {idle}"


@pytest.mark.parametrize("device", ARCH)
def test_against_numpy(sim, device):
    wrong = []
    forms = sorted((f for f in forms_of(device) if reference_of(f.overload)), key=family)
    for _, group in groupby(forms, family):
        with Runner(sim, device, list(group)) as runner:
            for i, form in enumerate(runner.forms):
                if "id_dst_cluster" in form:  # from one cluster to another: test_union.py
                    continue
                make, match = reference_of(form.overload)
                trials = list(make(form, match))
                assert trials, f"the reference of {form.overload.name} tries nothing"
                for trial in trials:
                    if problem := runner.run(i, trial):
                        kinds = ", ".join(form.overload.kinds)
                        wrong.append(f"{form.overload.name}({kinds}) {trial.note}: {problem}")
                        break
    assert not wrong, f"{len(wrong)} of {len(forms)} overloads:\n" + "\n".join(wrong[:60])

"""Every overload of the table of builtins that a device lacks is an error by name, and the rest compiles and runs."""

from __future__ import annotations

import re
import subprocess

import numpy as np
import pytest
from builtin_calls import APART, Overload, call, every_overload, has
from harness import ARCH, INCLUDE, UNION1
from test_every_builtin import EXEMPT

POOLS = f"""#include <bang.h>
__nram__ int8_t nram[{6 * APART}];
__wram__ int8_t wram[{4 * APART}];
__mlu_shared__ int8_t sram[{APART}];
__ldram__ int8_t ldram[{APART}];
"""


def needs_cluster(overload: Overload) -> bool:
    """Barriers and SRAM exist in Union jobs."""
    spaces = [s for p in overload.record["params"] for s in p["spaces"][:1]]
    return "mluSimBarrier" in overload.body or "sram" in spaces


def needs_its_own_data(overload: Overload) -> bool:
    """test_union.py runs them."""
    return any(entry in overload.body for entry in ("mluSimSignal", "mluSimCopyToCluster"))


@pytest.mark.parametrize("device", ARCH)
def test_a_device_runs_what_test_every_builtin_leaves_out(sim, device):
    chosen = [o for o in every_overload() if has(o, ARCH[device]) and not needs_its_own_data(o)]
    chosen = [o for o in chosen if any(re.fullmatch(p, o.name) for p in EXEMPT)]
    assert len(chosen) > 10
    cases = "\n".join(f"  case {i}: {call(o)}; break;" for i, o in enumerate(chosen))
    # all of NRAM holds 0: a number of every type, and an offset of every width
    text = (
        POOLS
        + f"""extern "C" __mlu_global__ void k(int which, int8_t *gdram) {{
  (void)gdram; (void)ldram; (void)sram;
  __nramset((short *)nram, {3 * APART}, (short)0);
  __sync();
  __memcpy(wram, nram, 131072, NRAM2WRAM);
  __memcpy(ldram, nram, 4096, NRAM2LDRAM);
  __sync();
  switch (which) {{
{cases}
  }}
}}
"""
    )
    memory = np.zeros(APART, np.int8)
    wrong = []
    for i, o in enumerate(chosen):
        job = {"dim": (4, 1, 1), "job": UNION1} if needs_cluster(o) else {}
        if report := sim.run(text, i, memory, device=device, **job):
            wrong.append(f"{call(o)}: {report}")
    assert not wrong, f"{len(wrong)} of {len(chosen)}\n" + "\n".join(wrong[:40])


def diagnose(text: str, arch: int) -> str:
    command = ["g++", "-std=c++17", "-fsyntax-only", "-fmax-errors=0", f"-I{INCLUDE}", f"-D__BANG_ARCH__={arch}"]
    done = subprocess.run([*command, "-x", "c++", "-"], input=text, capture_output=True, text=True)
    return done.stderr


@pytest.mark.parametrize("device", ARCH)
def test_a_device_refuses_what_it_lacks(device):
    """The call finds no overload but the last resort, which is an error."""
    lacking = [o for o in every_overload() if not has(o, ARCH[device])]
    pools = POOLS.replace("#include <bang.h>", "#include <bang.h>\nstatic int8_t *gdram;")
    check = 'template <typename T> struct Refused { static_assert(sizeof(T) == 0, "accepted"); };\n'
    check += "template <> struct Refused<__mlu_refused> {};\n"
    present = {o.name for o in every_overload() if has(o, ARCH[device])}
    # a scalar argument converts to another overload's type, so fills are told apart by their names alone
    chosen = [o for o in lacking if o.name not in present or not any(p["role"] == "Scalar" and o.kinds[0] == "void *"
                                                                     for p in o.record["params"])]  # fmt: skip
    lines = [f"Refused<decltype({call(o)})> r{i};" for i, o in enumerate(chosen)]
    errors = diagnose(pools + check + "\n".join(lines), ARCH[device])
    assert "error" not in errors, errors[:4000]


@pytest.mark.parametrize("device", ARCH)
def test_the_error_names_builtin_and_device(device):
    present = {o.name for o in every_overload() if has(o, ARCH[device])}
    missing = {o.name: o for o in every_overload() if o.name not in present}
    assert missing or device == "mtp_592"
    text = POOLS + "static int8_t *gdram;\nvoid f() {\n" + ";\n".join(map(call, missing.values())) + ";\n}\n"
    error = rf"error: .*?(__\w+) does not take these arguments on {device}: (?:needs|the simulator)"
    assert set(re.findall(error, diagnose(text, ARCH[device]))) == set(missing)

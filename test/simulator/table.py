"""Tables of small kernels: every case is a kernel of one translation unit, run on arrays of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from compiled import launch

CTYPE = {
    "float32": "float",
    "float16": "half",
    "int8": "char",
    "uint8": "unsigned char",
    "int16": "short",
    "uint16": "unsigned short",
    "int32": "int",
    "uint32": "unsigned",
    "int64": "long",
    "uint64": "unsigned long",
}


@dataclass
class Case:
    """`body` works on NRAM pointers a, b, c… to copies of the inputs and on d, whose bytes become the output. x is the
    first input in GDRAM."""

    name: str
    body: str
    inputs: list[np.ndarray]
    out: np.ndarray  # what is in d before
    want: Callable[..., np.ndarray] | np.ndarray
    devices: tuple[str, ...] = ("mtp_372", "mtp_592")
    reads: bool = False  # the result is the first input, changed in GDRAM
    wram: str = ""


def source(cases: list[Case]) -> str:
    lines = ["#include <bang.h>\n__nram__ int8_t nram[262144];\n__wram__ int8_t wram[65536];\n"]
    for case in cases:
        names = "abce"[: len(case.inputs)]
        types = [CTYPE[v.dtype.name] for v in case.inputs]
        out = CTYPE[case.out.dtype.name]
        params = [f"{t} *g{n}" for t, n in zip(types, names)]
        lines.append(f'extern "C" __mlu_global__ void {case.name}({", ".join([*params, f"{out} *z"])}) {{\n')
        for i, (n, t, v) in enumerate(zip(names, types, case.inputs)):
            lines.append(f"  {t} *{n} = ({t} *)(nram + {32768 * i}); __memcpy({n}, g{n}, {v.nbytes}, GDRAM2NRAM);\n")
        lines.append(f"  {out} *d = ({out} *)(nram + 131072); __memcpy(d, z, {case.out.nbytes}, GDRAM2NRAM);\n")
        lines.append(f"  auto x = g{names[0]}; (void)x;\n" if names else "")
        lines.append(f"  {case.body}\n  __memcpy(z, d, {case.out.nbytes}, NRAM2GDRAM);\n}}\n")
    return "".join(lines)


def run(sim, cases: list[Case], device: str) -> None:
    """Runs every case that `device` has, with the sanitizer on, and compares bit by bit."""
    chosen = [case for case in cases if device in case.devices]
    text = source(chosen)
    for case in chosen:
        arrays = [v.copy() for v in case.inputs] + [case.out.copy()]
        report = launch(sim, text, case.name, arrays, device)
        assert report == "", (case.name, report)
        got = arrays[0] if case.reads else arrays[-1]
        want = case.want(*case.inputs) if callable(case.want) else case.want
        same = got.view(f"u{got.itemsize}") == np.asarray(want, got.dtype).view(f"u{got.itemsize}")
        nan = np.isnan(got) & np.isnan(want) if got.dtype.kind == "f" else False
        assert (same | nan).all(), (case.name, device, got[~(same | nan)][:4], np.asarray(want)[~(same | nan)][:4])

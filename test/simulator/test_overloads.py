"""Every overload of the table of builtins, called on every device: a device accepts exactly those it has."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import NamedTuple

import pytest
from harness import ARCH, ROOT, kernel

GENERATED = ROOT / "include" / "metabang" / "Simulator" / "generated"
SHORT = {
    "half": "f16",
    "bfloat16_t": "bf16",
    "float": "f32",
    "char": "s8",
    "short": "s16",
    "int": "s32",
    "unsigned char": "u8",
    "unsigned short": "u16",
    "unsigned int": "u32",
    "int8_t": "i8",
    "int16_t": "i16",
    "int32_t": "i32",
    "void": "void",
}
# a legal value for every parameter that is no pointer
LEGAL = {
    "n": 512,
    "size": 1024,
    "seg_n": 128,
    "value": 1,
    "value1": 1,
    "value2": 2,
    "fix_position": -3,
    "dst_position": 0,
    "src_position": 1,
    "bits": 2,
    "c": 128,
    "ci": 64,
    "co": 64,
    "h": 4,
    "w": 8,
    "k": 64,
    "m": 4,
    "kh": 2,
    "kw": 2,
    "stride_h": 1,
    "stride_w": 1,
    "dilation_h": 1,
    "dilation_w": 1,
    "top": 1,
    "bottom": 2,
    "left": 1,
    "right": 1,
    "op_code": "FUSION_FMA",
}
OTHERWISE = {
    "__bang_mirror": {"h": 128, "w": 128},
    "__bang_rotate": {"h": 128, "w": 128},
    "__bang_transpose": {"h": 64, "w": 64},
    "__bang_reshape_n": {"n": 1, "h": 8, "w": 8, "c": 64},
    "__bang_reshape_f": {"n": 64, "h": 1, "w": 1},
    "__bang_matmul": {"n": 64},
    "__bang_pad": {"w": 4},
}


class Call(NamedTuple):
    name: str
    pointers: tuple[str, ...]  # short types of the pointers
    params: tuple[tuple[str, str], ...]  # (type, name)

    def has(self, param: str) -> bool:
        return any(name == param for _, name in self.params)

    def __str__(self) -> str:
        """The call with legal arguments; pointer k lies at nram + k * 65536."""
        args, pointer = [], 0
        legal = LEGAL | next((v for k, v in OTHERWISE.items() if self.name.startswith(k)), {})
        for kind, name in self.params:
            if kind.endswith("*"):
                args.append(f"({kind})wram" if name == "kernel" else f"({kind})(nram + {pointer * 65536})")
                pointer += 1
            elif name.startswith("value"):
                args.append(f"({kind}){legal[name]}")
            else:
                args.append(str(legal[name]))
        return f"{self.name}({', '.join(args)});"


def calls() -> list[Call]:
    """The element-wise, conversion and tensor builtins of the table (copies and barriers have tests of their own)."""
    out = []
    for line in (GENERATED / "BangBuiltins.inc").read_text().splitlines():
        if not (m := re.match(r"(?:unsigned int|\w+) (__bang_\w+|__nramset|__memset_nram)\((.*)\);", line)):
            continue
        params = []
        for p in m[2].split(", "):
            kind, name = re.fullmatch(r"(.*?)(\w+)", p).groups()
            params.append((kind.replace("const ", "").strip(), name))
        pointers = tuple(SHORT[t.rstrip(" *")] for t, _ in params if t.endswith("*"))
        out.append(Call(m[1], pointers, tuple(params)))
    return out


class Availability(NamedTuple):
    op: str
    first: int
    absent: set[int]
    types: list[tuple[int, set[int], list[str]]]  # first architecture, exceptions, combinations

    def fits(self, call: Call, arch: int) -> bool:
        if self.op.startswith("conv") and (
            ("dilated" in self.op) != call.has("dilation_h")
            or ("float" in self.op) == call.has("fix_position")
            or ("bias" in self.op) != call.has("bias")
        ):
            return False
        if self.op.endswith("_software") != call.has("scratch") or arch < self.first or arch in self.absent:
            return False
        spelled = {"/".join(call.pointers)} | {SHORT[t] for t, n in call.params if n == "value" and t in SHORT}
        if len({p for p in call.pointers if p != "void"}) <= 1:
            spelled |= set(call.pointers)
        lists = [combos for since, absent, combos in self.types if arch >= since and arch not in absent]
        return not self.types or any(spelled & set(combos) for combos in lists)


def table() -> dict[str, list[Availability]]:
    text = (GENERATED / "BangBuiltinInfo.inc").read_text()

    def numbers(words: str) -> set[int]:
        return {int(w) for w in words.split(",") if w}

    types, modes, out = defaultdict(list), defaultdict(dict), defaultdict(list)
    for op, arch, absent, combos in re.findall(r'^BANG_TYPES\("(\w+)", (\d+), "([\d,]*)", "([^"]*)"\)', text, re.M):
        types[op].append((int(arch), numbers(absent), combos.split()))
    for op, mode, arch in re.findall(r'^BANG_MODE\("(\w+)", "(\w+)", "[^"]*", (\d+)\)', text, re.M):
        modes[op][mode] = int(arch)
    for name, op, arch, absent in re.findall(r'^BANG_BUILTIN\((\w+), "(\w+)", "[^"]*", (\d+), "([\d,]*)"', text, re.M):
        for mode, first in (modes[op] or {"": 0}).items():
            entry = Availability(op, max(int(arch), first), numbers(absent), types[op])
            out[name + (f"_{mode}" if mode else "")].append(entry)
    return out


@pytest.mark.parametrize("device", ARCH)
def test_a_device_accepts_exactly_what_it_has(sim, device):
    every, entries, wrong = calls(), table(), []
    assert len(every) > 800
    cases = "\n".join(f"  case {i}: {c} break;" for i, c in enumerate(every))
    # all of NRAM holds 1.0 as half, WRAM the same
    fill = (
        "__nramset((short *)nram, 229376, (short)0x3c00); __sync(); __memcpy(wram, nram, 131072, NRAM2WRAM); __sync();"
    )
    text = kernel("int which", f"  {fill}\n  switch (which) {{\n{cases}\n  }}", nram=458752, wram=131072)
    for i, call in enumerate(every):
        report = sim.run(text, i, device=device)
        if any(entry.fits(call, ARCH[device]) for entry in entries[call.name]) != (report == ""):
            wrong.append(f"{call} {call.pointers}: {report or 'accepted, but the table does not have it'}")
    assert not wrong, f"{len(wrong)} of {len(every)}\n" + "\n".join(wrong)

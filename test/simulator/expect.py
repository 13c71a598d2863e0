"""What every builtin of the table must answer: numbers of every element type, references by name, and their runner.

A reference is a function of a `Form` (one overload on one architecture) that yields trials: arguments and the bytes
that NumPy says must be in the destination. The kernel has one case for each overload and reads all sizes and scalars
at run time, so one translation unit of an architecture and family serves every trial.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from builtin_calls import POINTER_ROLES, Overload, every_overload, has
from harness import ARCH, BLOCK, UNION1, Dim3

CODES = {
    "half": "f16", "float": "f32", "bfloat16_t": "bf16", "tf32_t": "tf32", "char": "s8", "int8_t": "s8", "short": "s16",
    "int": "s32", "int64_t": "s64", "unsigned char": "u8", "unsigned short": "u16", "unsigned int": "u32",
    "uint64_t": "u64", "void": "u8", "bool": "u8", "int4x2_t": "i4x2",
}  # fmt: skip
STORED = {
    "f16": np.float16, "f32": np.float32, "bf16": np.uint16, "tf32": np.uint32, "s8": np.int8, "s16": np.int16,
    "s32": np.int32, "s64": np.int64, "u8": np.uint8, "u16": np.uint16, "u32": np.uint32, "u64": np.uint64,
    "i4x2": np.uint8,
}  # fmt: skip
DIGITS = {"f16": 11, "f32": 24, "bf16": 8, "tf32": 11}
LARGEST = {
    "f16": 65504.0,
    "f32": float(np.finfo(np.float32).max),
    "bf16": 2.0**128 - 2.0**120,
    "tf32": 2.0**128 - 2.0**117,
}
SMALLEST = {"f16": -24, "f32": -149, "bf16": -133, "tf32": -136}  # exponent of the smallest denormal

SLOT, SLOTS, HEADER, WRAM, GDRAM = 16384, 6, 512, 32768, 8192
UNTOUCHED = 0x5A


def is_float(code: str) -> bool:
    return code in DIGITS


def size_of(code: str) -> int:
    return np.dtype(STORED[code]).itemsize


def spacing(x: np.ndarray, code: str) -> np.ndarray:
    """Distance of neighbouring numbers of the type at |x|."""
    exponent = np.frexp(np.where(np.isfinite(x), x, 1.0))[1] - DIGITS[code]
    return np.ldexp(1.0, np.maximum(exponent, SMALLEST[code]))


def rounded(x: np.ndarray, code: str, rounding: Callable = np.rint) -> np.ndarray:
    """float64 values to numbers of a floating type, as float64; Inf where they are too large."""
    x = np.asarray(x, np.float64)
    with np.errstate(all="ignore"):
        unit = spacing(x, code)
        y = np.where(np.isfinite(x), rounding(x / unit) * unit, x)
        return np.copysign(np.where(np.abs(y) > LARGEST[code], np.inf, y), x)


def pack(values: np.ndarray, code: str) -> np.ndarray:
    """The bytes of numbers that the type holds exactly (integers: wrapped)."""
    values = np.asarray(values)
    with np.errstate(all="ignore"):
        if code in ("f16", "f32"):
            return values.astype(STORED[code]).view(np.uint8).ravel()
        if code == "bf16":
            return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view(np.uint8).ravel()
        if code == "tf32":
            return values.astype(np.float32).view(np.uint8).ravel()
        if values.dtype.kind == "f":
            values = values.astype(np.int64)
        if code == "i4x2":  # in pairs, the first one in the low bits
            pair = values.astype(np.int64).reshape(-1, 2)
            return ((pair[:, 0] & 15) | (pair[:, 1] & 15) << 4).astype(np.uint8)
        return np.ascontiguousarray(values).astype(STORED[code]).view(np.uint8).ravel()


def unpack(data: np.ndarray, code: str) -> np.ndarray:
    """Numbers of the type: floats as float64, integers as they are."""
    raw = data.view(STORED[code])
    if code == "bf16":
        raw = (raw.astype(np.uint32) << 16).view(np.float32)
    if code == "tf32":
        raw = raw.view(np.float32)
    return raw.astype(np.float64) if is_float(code) else raw


def limits(code: str) -> tuple[int, int]:
    if code == "i4x2":
        return -8, 7
    info = np.iinfo(STORED[code])
    return int(info.min), int(info.max)


NOTHING = np.empty(0, np.uint8)
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, np.inf, -np.inf, np.nan, 3.4, -7.75, 7.75, 1e30, -1e30,
         65504.0, 65520.0, 2.0**-24, 2.0**-25, 100.0, -100.0, 1.17549435e-38, -1e-40, 1e-45]  # fmt: skip


def edges(code: str) -> np.ndarray:
    """Numbers at which something may go wrong."""
    if is_float(code):
        return np.concatenate([rounded(np.array(EDGES), code), [LARGEST[code], -LARGEST[code]]])
    low, high = limits(code)
    if code == "i4x2":
        return np.arange(low, high + 1, dtype=np.int8)
    return np.array([0, 1, 2, 3, 7, 100, high, high - 1, high // 2, low, low + 1, -1 if low else 8], STORED[code])


COUNT = 1024


def random(code: str, n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if is_float(code):
        return rounded(rng.standard_normal(n) * 8, code)
    return rng.integers(*limits(code), n, dtype=np.int8 if code == "i4x2" else STORED[code], endpoint=True)


def line(code: str, n: int = COUNT, seed: int = 0) -> np.ndarray:
    """The edges, then random numbers."""
    return np.concatenate([edges(code), random(code, n, seed)])[:n]


def pairs(code: str, other: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of edges, then random ones."""
    a, b = (v.ravel() for v in np.meshgrid(edges(code), edges(other or code)))
    return (
        np.concatenate([a, random(code, COUNT, 1)])[:COUNT],
        np.concatenate([b, random(other or code, COUNT, 2)])[:COUNT],
    )


@dataclass
class Trial:
    """Arguments by parameter: bytes of pointers, numbers of the rest. `want` and `gdram` are the bytes that must be at
    the destination and in GDRAM afterwards; `code` is the type in which NaNs are equal and `ulp` counts (`exact` then
    holds what the result is to be near to)."""

    args: dict[str, np.ndarray | int | float]
    want: np.ndarray
    code: str = "u8"
    ulp: float = 0
    exact: np.ndarray | None = None
    gdram: np.ndarray | None = None
    returned: np.ndarray | None = None  # what the call returns, in `code` where it is not bytes
    undefined_behind: bool = False  # what follows the result
    note: str = ""


@dataclass
class Form:
    overload: Overload
    device: str

    @property
    def arch(self) -> int:
        return ARCH[self.device]

    @property
    def is_2xx(self) -> bool:
        return self.arch < 300

    @cached_property
    def roles(self) -> dict[str, str]:
        return {p["name"]: p["role"] for p in self.overload.record["params"]}

    @cached_property
    def codes(self) -> dict[str, str]:
        kinds = (re.sub(r"const |[ *]+$", "", k) for k in self.overload.kinds)
        codes = {name: CODES.get(kind, "") for name, kind in zip(self.roles, kinds)}
        if "2tf32" in self.overload.name and "dst" in codes:  # TF32 numbers lie in floats
            codes["dst"] = "tf32"
        if "tf322" in self.overload.name:
            codes["src" if "src" in codes else "a"] = "tf32"
        return codes

    @property
    def result(self) -> str:
        """Type of what the call returns."""
        return "tf32" if "2tf32" in self.overload.name else CODES[self.overload.result]

    def __contains__(self, name: str) -> bool:
        return name in self.roles

    def code(self, name: str) -> str:
        return self.codes[name]

    def space(self, name: str) -> str:
        if self.overload.name == "__bang_gather_async" and name == "src":
            return "gdram"
        place = list(self.roles).index(name)
        legal = self.overload.record["params"][place]["spaces"]
        return "nram" if "nram" in legal else legal[0]

    @property
    def saturates(self) -> bool:
        return self.is_2xx


Reference = Callable[[Form, re.Match], Iterator[Trial]]
REFERENCES: list[tuple[re.Pattern, Reference]] = []


def reference(pattern: str) -> Callable[[Reference], Reference]:
    def add(f: Reference) -> Reference:
        REFERENCES.append((re.compile(pattern), f))
        return f

    return add


def reference_of(overload: Overload) -> tuple[Reference, re.Match] | None:
    return next(((f, m) for p, f in REFERENCES if (m := p.fullmatch(overload.name))), None)


def call_text(form: Form) -> str:
    """The call with every argument read from the header."""
    args, slot = [], 0
    for i, (name, role) in enumerate(form.roles.items()):
        kind = form.overload.kinds[i]
        if role in POINTER_ROLES:
            space = form.space(name)
            args.append(f"({kind})({space}{f' + {slot * SLOT}' if space == 'nram' else ''})")
            slot += space == "nram"
        elif kind.endswith("*"):
            args.append(f"({kind})(h[{i}] == 0 ? gdram : h[{i}] == 1 ? nram : h[{i}] == 2 ? wram : sram)")
        elif role == "Scalar":
            args.append(f"at<{kind}>(h + {i})")
        else:
            args.append(f"({kind})h[{i}]")
    call = f"{form.overload.name}({', '.join(args)})"
    if form.overload.result != "void":
        return f"{{ auto r = {call}; *({form.overload.result} *)(nram + {(SLOTS - 1) * SLOT}) = r; }}"
    return call + ";"


def source(forms: list[Form]) -> str:
    cases = "\n".join(f"  case {i}: {call_text(f)} break;" for i, f in enumerate(forms))
    return f"""#include <bang.h>
__nram__ int8_t nram[{SLOT * SLOTS}];
__wram__ int8_t wram[{WRAM}];
__mlu_shared__ int8_t sram[{SLOT}];
__ldram__ int8_t ldram[{SLOT}];
template <typename T> static T at(const long *p) {{ return *(const T *)p; }}
extern "C" __mlu_global__ void k(int which, int touches, int where, int offset, int bytes,
                                 int filters, long *h, int8_t *in, int8_t *out, int8_t *gdram) {{
  (void)ldram; (void)sram; (void)wram;
  __memcpy(nram, in, {SLOT * SLOTS}, GDRAM2NRAM);
  if (filters) __memcpy(wram, in + {SLOT * SLOTS}, filters, GDRAM2WRAM);
  __sync();
  if (touches == 2) __memcpy(ldram, nram, {SLOT}, NRAM2LDRAM);
  if (touches == 3) {{ __memcpy(sram, nram, {SLOT}, NRAM2SRAM); __sync_cluster(); }}
  switch (which) {{
{cases}
  }}
  __sync();
  if (where == 2) {{ __memcpy(nram, ldram + offset, bytes, LDRAM2NRAM); }}
  if (where == 3) {{ __sync_cluster(); __memcpy(nram, sram + offset, bytes, SRAM2NRAM); }}
  if (where >= 2) offset = 0;
  if (bytes) __memcpy(out, nram + offset, bytes, NRAM2GDRAM);
  __memcpy(out + {SLOT * SLOTS}, nram + {(SLOTS - 1) * SLOT}, 64, NRAM2GDRAM);
}}
"""


@dataclass
class Runner:
    """Runs trials of the forms of one architecture and family."""

    sim: object
    device: str
    forms: list[Form]
    buffers: dict[str, ctypes.c_void_p] = field(default_factory=dict)

    def __enter__(self) -> Runner:
        lib = self.sim.lib
        assert lib.mluSimSetDevice(self.device.encode()) == 0
        lib.mluSimSetSanitize(2)
        assert lib.mluSimSetSchedule(b"forward") == 0
        self.handle = ctypes.cast(self.sim.build(source(self.forms), self.device).k, ctypes.c_void_p)
        for name, size in {"h": HEADER, "in": SLOT * SLOTS + WRAM, "out": SLOT * SLOTS + 64, "gdram": GDRAM}.items():
            self.buffers[name] = ctypes.c_void_p()
            assert lib.cnrtMalloc(ctypes.byref(self.buffers[name]), size) == 0
        return self

    def __exit__(self, *_: object) -> None:
        for pointer in self.buffers.values():
            self.sim.lib.cnrtFree(pointer)

    def put(self, name: str, data: np.ndarray) -> None:
        data = np.ascontiguousarray(data)
        assert self.sim.lib.cnrtMemcpy(self.buffers[name], data.ctypes.data, data.nbytes, 0) == 0

    def get(self, name: str, size: int) -> np.ndarray:
        data = np.empty(size, np.uint8)
        assert self.sim.lib.cnrtMemcpy(data.ctypes.data, self.buffers[name], size, 2) == 0
        return data

    def run(self, index: int, trial: Trial) -> str:
        """What is wrong with the result, "" if it is right."""
        form, lib = self.forms[index], self.sim.lib
        header, gdram = np.zeros(HEADER, np.uint8), np.full(GDRAM, UNTOUCHED, np.uint8)
        data = np.full(SLOT * SLOTS + WRAM, UNTOUCHED, np.uint8)
        slot, filters, place, where = 0, 0, (SLOTS - 1) * SLOT, 0
        for i, (name, role) in enumerate(form.roles.items()):
            value = trial.args.get(name)
            if role in POINTER_ROLES:
                space = form.space(name)
                if name == "dst":
                    place, where = {"nram": (slot * SLOT, 0), "ldram": (0, 2), "sram": (0, 3), "gdram": (0, 1)}[space]
                if value is not None:
                    if space == "wram":
                        filters = value.nbytes
                        data[SLOT * SLOTS :][:filters] = value
                    elif space == "gdram":
                        gdram[: value.nbytes] = value
                    else:
                        assert value.nbytes <= SLOT, (name, value.nbytes)
                        data[slot * SLOT :][: value.nbytes] = value
                slot += space == "nram"
            elif value is None:
                assert role == "Plain" and form.overload.kinds[i].endswith("*"), f"{form.overload.name} needs {name}"
            elif role == "Scalar":
                raw = pack(np.array([value]), form.code(name))
                header[8 * i :][: raw.nbytes] = raw
            else:
                header[8 * i :][:8] = np.array([value], np.int64).view(np.uint8)
        margin = 64 if where == 0 and trial.want.nbytes and not trial.undefined_behind else 0
        spaces = [form.space(n) for n, r in form.roles.items() if r in POINTER_ROLES]
        union = "sram" in spaces
        numbers = [
            index,
            3 if union else 2 if "ldram" in spaces else 0,
            where,
            place,
            trial.want.nbytes + margin if where != 1 else 0,
            filters,
        ]
        for name, content in {"h": header, "in": data, "gdram": gdram}.items():
            self.put(name, content)
        holders = [ctypes.c_int(v) for v in numbers] + [self.buffers[n] for n in ("h", "in", "out", "gdram")]
        array = (ctypes.c_void_p * len(holders))(*[ctypes.addressof(v) for v in holders])
        lib.mluSimClearReport()
        lib.cnrtInvokeKernel(self.handle, Dim3(4 if union else 1, 1, 1), UNION1 if union else BLOCK, array, 0, None)
        lib.cnrtQueueSync(None)
        if report := lib.mluSimLastReport().decode():
            return report[:400]
        if trial.returned is not None:
            got = self.get("out", SLOT * SLOTS + 64)[SLOT * SLOTS :][: trial.returned.nbytes]
            if wrong := different(got, trial.returned, trial.code, trial.ulp, trial.exact):
                return "it returns " + wrong
        if trial.gdram is not None:
            got = self.get("gdram", trial.gdram.nbytes)
            if wrong := different(got, trial.gdram, trial.code, 0, None):
                return "GDRAM: " + wrong
        if trial.want.nbytes == 0:
            return ""
        if where == 1:
            got = self.get("gdram", trial.want.nbytes + 64)
            margin = 64
        else:
            got = self.get("out", trial.want.nbytes + margin)
        if margin and (got[-margin:] != data[place:][trial.want.nbytes :][:margin]).any() and where == 0:
            return "bytes behind the result changed"
        return different(got[: trial.want.nbytes], trial.want, trial.code, trial.ulp, trial.exact)


def different(got: np.ndarray, want: np.ndarray, code: str, ulp: float, exact: np.ndarray | None) -> str:
    """The first difference of bytes; NaNs are equal, and with `exact` a float may be `ulp` of its last places off."""
    size = size_of(code)
    equal = (got.reshape(-1, size) == want.reshape(-1, size)).all(axis=1)
    if equal.all():
        return ""
    a, b = unpack(got, code), unpack(want, code)
    if is_float(code):
        with np.errstate(all="ignore"):
            equal |= np.isnan(a) & np.isnan(b)
            if exact is not None:
                equal |= np.isfinite(a) & (np.abs(a - exact) <= ulp * spacing(exact, code)) & (np.isfinite(b))
    if equal.all():
        return ""
    i = int(np.argmin(equal))
    return f"{np.sum(~equal)} of {equal.size} elements, first [{i}]: {a[i]!r}, not {b[i]!r}"


def forms_of(device: str) -> list[Form]:
    """Every overload that a device computes."""
    return [Form(o, device) for o in every_overload() if has(o, ARCH[device])]

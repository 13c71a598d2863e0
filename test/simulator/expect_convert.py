"""References of conversions: seven rounding modes, positions, saturation, the documents' tables of overflow."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from expect import (
    DIGITS,
    LARGEST,
    NOTHING,
    Form,
    Trial,
    edges,
    is_float,
    limits,
    pack,
    random,
    reference,
    rounded,
    spacing,
)

COUNT = 512
MODES = {
    "tz": np.trunc,
    "oz": lambda x: np.sign(x) * np.ceil(np.abs(x)),
    "up": np.ceil,
    "dn": np.floor,
    "rd": lambda x: np.sign(x) * np.floor(np.abs(x) + 0.5),
    "rm": lambda x: np.floor(x + 0.5),
    "rn": np.rint,
}


def values(code: str, out: str, position: int) -> np.ndarray:
    """Edges, ties of the result and random numbers."""
    if not is_float(code):
        return np.concatenate([edges(code), random(code, COUNT)])[:COUNT].astype(np.float64)
    if is_float(out):
        ties = (1 + (np.arange(64) - 32 + 0.5) * 2.0 ** (2 - DIGITS[out])) * np.resize([1, -1], 64)
        near = LARGEST[out] * (1 + np.array([0, 0.4, 0.5, 0.6, 1, 2]) * 2.0 ** -DIGITS[out])
        ties = np.concatenate([ties, near, -near])
    else:
        low, high = limits(out)
        ties = np.concatenate(
            [np.arange(-40, 40) / 2, [high - 0.5, high + 0.5, low - 0.5, low + 0.5, 2.0**40, -(2.0**40)]]
        )
        ties = ties * 2.0**position
    x = np.concatenate([edges(code), ties, random(code, COUNT)])[:COUNT]
    return rounded(x, code)


def converted(form: Form, x: np.ndarray, out: str, mode: str, from_int: bool) -> np.ndarray:
    """x, already scaled, as numbers of `out`: float64, or Python integers."""
    arch = form.arch
    with np.errstate(all="ignore"):
        if not is_float(out):
            low, high = limits(out)
            y = np.clip(MODES[mode](x), low, high)
            if arch < 500:
                y = np.where(np.isnan(x), np.where(np.signbit(x), low, high), y)
            y = np.where(np.isnan(x) & (arch >= 500), 0, y)
            return np.array([min(max(int(v), low), high) for v in y], object)
        unit = spacing(x, out)
        y = np.where(np.isfinite(x), MODES[mode](x / unit) * unit, x)
        top = LARGEST[out]
        over = np.isfinite(x) & (np.abs(y) > top)
        if arch < 300 and out != "f32":  # what is a half is a float, also Inf and NaN (table 5.14)
            y = np.where(np.isnan(x) | (np.abs(y) > top), np.copysign(top, x), y)
        # tables 5.9 to 5.17: 3xx never makes Inf in mode rm, as bfloat16_t or from an integer
        never = arch < 300 or arch < 500 and (mode == "rm" or out == "bf16" or from_int)
        inward = (mode == "tz") | ((mode == "dn") & (x > 0)) | ((mode == "up") & (x < 0))
        y = np.where(over, np.copysign(np.where(never | inward, top, np.inf), x), y)
        return np.where(y == 0, np.copysign(0.0, x), y)


def plain_mode(form: Form, out: str, code: str) -> str:
    """Without a suffix: toward zero, of half to uint8 and uint16 down, between integers to the nearest."""
    if "half2uint8" in form.overload.name or "half2uint16" in form.overload.name:
        return "dn"
    return "tz"


@reference(
    r"__bang_(?!active|fusion)\w+2(?:half|float|bfloat16|tf32|u?int\d*|u?char|u?short)(?:_(tz|oz|up|dn|rd|rm|rn))?"
)
def vector(form: Form, match: re.Match) -> Iterator[Trial]:
    code, out = form.code("src"), form.code("dst")
    if form.overload.name == "__bang_half2uchar_dn":
        out = "u8"
    mode = match[1] or plain_mode(form, out, code)
    integers = not is_float(code) and not is_float(out)
    if integers and "dst_position" in form:
        mode = match[1] or ("rd" if re.search(r"int\d+2int\d", form.overload.name) else "tz")
    for position in (0, -3, 4) if any("position" in p for p in form.roles) else (0,):
        widen = is_float(out) and not is_float(code)
        scale = -position
        if (
            "src_position" in form
            or widen
            or (integers and "fix_position" in form and "uchar2" not in form.overload.name)
        ):
            scale = position
        x = values(code, out, position if not widen else 0)
        args = {"src": pack(x.astype(object) if not is_float(code) else x, code), "n": COUNT}
        args |= {"fix_position": position, "src_position": position, "dst_position": 0, "src_addition": args["src"]}
        x = x * 2.0**scale
        from_int = not is_float(code)
        result = converted(form, x, out, mode, from_int)
        want = pack(np.array(result.tolist()) if result.dtype == object else result, out)
        if "segments" in form:
            n = COUNT // 4  # segment 2 of the source has a gap behind it, so has the destination's
            source, target = args["src"].reshape(4, -1), want.reshape(4, -1)
            gaps = np.full((3, target.shape[1] + 64), 0x5A, np.uint8)
            gaps[:, : target.shape[1]] = target[:3]
            args |= {"n": n, "segments": 2, "src_stride": source.shape[1], "dst_stride": gaps.shape[1]}
            want = gaps.ravel()[: gaps.size - 64]
        args = {k: v for k, v in args.items() if k in form}
        yield Trial(args, want, out if "segments" not in form else "u8", note=f"position {position}")


SCALAR_TYPE = r"(?:bfloat16|char|float|half|int|int32|short|uchar|uint|ushort|tf32)"


@reference(rf"__{SCALAR_TYPE}2{SCALAR_TYPE}(?:_(tz|oz|up|dn|rd|rm|rn))?")
def scalar(form: Form, match: re.Match) -> Iterator[Trial]:
    code, out = form.code("a"), form.result
    for x in values(code, out, 0)[:48]:
        result = converted(form, np.array([x]), out, match[1] or "tz", not is_float(code))
        want = pack(np.array(result.tolist()) if result.dtype == object else result, out)
        value = x if is_float(code) else int(x)
        yield Trial({"a": value}, NOTHING, out, returned=want, note=f"of {value!r}")


@reference("__cn_vector_cast_f32_to_s32")
def cast(form: Form, match: re.Match) -> Iterator[Trial]:
    x = values("f32", "s32", 0)
    y = np.array([0 if np.isnan(v) else int(min(max(np.trunc(v), -(2.0**31)), 2.0**31 - 1)) for v in x])
    yield Trial({"count": COUNT, "src": pack(x, "f32")}, pack(y, "s32"), "s32")

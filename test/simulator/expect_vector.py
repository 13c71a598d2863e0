"""References of element-wise builtins, reductions and selections."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
from expect import (
    COUNT,
    LARGEST,
    NOTHING,
    Form,
    Trial,
    edges,
    is_float,
    limits,
    line,
    pack,
    pairs,
    reference,
    rounded,
    size_of,
)

Values = np.ndarray


def toward_zero(x: Values, code: str) -> Values:
    y = rounded(x, code, np.trunc)
    return np.where(np.isfinite(x), np.clip(y, -LARGEST[code], LARGEST[code]), y)


def saturated(form: Form, code: str, result: Values, *operands: Values) -> Values:
    """2xx makes no Inf and no NaN: the largest number instead, with the sign of a NaN operand."""
    if not form.saturates:
        return result
    sign = np.where(np.isnan(result), 1.0, result)
    for operand in reversed(operands):
        sign = np.where(np.isnan(operand), operand, sign)
    size = np.where(np.isnan(result), np.inf, np.abs(result))
    return np.copysign(np.minimum(size, LARGEST[code]), sign)


# ---------------------------------------------------------------------------------------------------------------------
# Two operands
# ---------------------------------------------------------------------------------------------------------------------

FLOATS: dict[str, Callable[[Values, Values], Values]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "rem": np.fmod,
    "maxequal": lambda a, b: np.where(b > a, b, a),
    "minequal": lambda a, b: np.where(b < a, b, a),
    "maximum": lambda a, b: np.where(np.isnan(b) | (a > b), a, b),
    "minimum": lambda a, b: np.where(np.isnan(b) | (a < b), a, b),
    "nan_maximum": lambda a, b: np.where(np.isnan(a) | (a > b), a, b),
    "nan_minimum": lambda a, b: np.where(np.isnan(a) | (a < b), a, b),
}
TRUTH = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: (a < b) | (a > b),
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "and": lambda a, b: (a != 0) & (b != 0),
    "or": lambda a, b: (a != 0) | (b != 0),
    "xor": lambda a, b: (a != 0) ^ (b != 0),
}
BITS = {"band": np.bitwise_and, "bor": np.bitwise_or, "bxor": np.bitwise_xor}


def whole(f: Callable[[int, int], int]) -> Callable[[Values, Values], list[int]]:
    return lambda a, b: [f(int(x), int(y)) for x, y in zip(a, b)]


def divided(a: int, b: int) -> int:
    return 0 if b == 0 else abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


INTS: dict[str, Callable[[Values, Values], list[int]]] = {
    "add": whole(lambda a, b: a + b),
    "adds": whole(lambda a, b: a + b),
    "sub": whole(lambda a, b: a - b),
    "subs": whole(lambda a, b: a - b),
    "mul": whole(lambda a, b: a * b),
    "muls": whole(lambda a, b: a * b),
    "mulh": whole(lambda a, b: a * b),
    "div": whole(divided),
    "rem": whole(lambda a, b: 0 if b == 0 else a - b * divided(a, b)),
    "maxequal": whole(max),
    "minequal": whole(min),
}


def wrapped(values: list[int], code: str, saturates: bool = False) -> np.ndarray:
    low, high = limits(code)
    if saturates:
        return np.array([min(max(v, low), high) for v in values], object)
    span = high - low + 1
    return np.array([(v - low) % span + low for v in values], object)


def two(form: Form, op: str, a: Values, b: Values, code: str, out: str) -> np.ndarray:
    """The bytes of the result of `op`."""
    if op in BITS:
        return BITS[op](pack(a, code), pack(b, code))
    if op.rstrip("u") in TRUTH and op.endswith("u") and op != "u":
        with np.errstate(all="ignore"):
            return pack((TRUTH[op[:-1]](a, b) | np.isnan(a) | np.isnan(b)).astype(float), out)
    if op in TRUTH:
        return pack(TRUTH[op](a, b).astype(float), out)
    if not is_float(code):
        exact = INTS[op](a, b)
        if op == "mulh":
            exact = [v >> 8 * size_of(code) for v in exact]
        return pack(np.array(wrapped(exact, out, op in ("adds", "subs")).tolist()), out)
    with np.errstate(all="ignore"):
        base, tz = op.removesuffix("_tz"), op.endswith("_tz")
        exact = FLOATS[base](a, b)
        if base in ("maxequal", "minequal") and form.saturates:
            nan = np.where(np.isnan(a), a, b)
            return pack(np.where(np.isnan(nan), np.copysign(LARGEST[code], nan), exact), code)
        if tz and base in ("add", "sub"):
            exact = exact_sum_toward_zero(a, b if base == "add" else -b, exact)
        result = toward_zero(exact, code) if tz else rounded(exact, code)
        if base in ("add", "sub", "mul", "div"):
            result = saturated(form, code, result, a, b)
    return pack(result, code)


def exact_sum_toward_zero(a: Values, b: Values, total: Values) -> Values:
    """a + b in float64, one step toward zero where float64 had to round it away: then truncation is right."""
    total = total.copy()
    for i in np.flatnonzero(np.isfinite(total)):
        exact = Fraction(float(a[i])) + Fraction(float(b[i]))
        if abs(Fraction(float(total[i]))) > abs(exact):
            total[i] = np.nextafter(total[i], 0)
    return total


OPERATIONS = "|".join(
    [
        "add_tz",
        "sub_tz",
        "mul_tz",
        "adds",
        "subs",
        "add",
        "sub",
        "mulh",
        "muls",
        "mul",
        "div",
        "rem",
        "maxequal",
        "minequal",
    ]
    + ["nan_maximum", "nan_minimum", "maximum", "minimum", *(f"{t}u?" for t in ("eq", "ne", "gt", "ge", "lt", "le"))]
    + ["band", "bor", "bxor", "and", "or", "xor", "maxeq", "mineq"]
)


@reference(rf"__bang_(cycle_)?({OPERATIONS})(_scalar|_const|_bitindex)?")
def binary(form: Form, match: re.Match) -> Iterator[Trial]:
    op = {"maxeq": "maxequal", "mineq": "minequal"}.get(match[2], match[2])
    first = "src0" if "src0" in form else "src"
    code = form.code(first)
    out = code if match[3] == "_bitindex" else form.code("dst")
    a, b = pairs(code)
    args: dict = {first: pack(a, code), ("size" if "size" in form else "n"): COUNT}
    if "size" in form:
        args["size"] = COUNT * size_of(code)
    if match[1]:
        for period in (128, COUNT):
            repeated = np.resize(b[:period], COUNT)
            want = two(form, op, a, repeated, code, out)
            yield Trial(args | {"seg": pack(b[:period], code), "seg_n": period}, want, out, note=f"period {period}")
    elif "value" in form:
        for value in edges(code):
            want = two(form, op, a, np.full(COUNT, value, a.dtype), code, out)
            yield Trial(args | {"value": value}, want, out, note=f"scalar {value}")
    else:
        want = two(form, op, a, b, code, out)
        if match[3] == "_bitindex":
            want, out = np.packbits(want.reshape(COUNT, -1).any(axis=1), bitorder="little"), "u8"
        yield Trial(args | {"src1": pack(b, code)}, want, out)


SHIFTS = {
    "sll": lambda v, s, bits: v << s,
    "sra": lambda v, s, bits: v >> s,
    "srl": lambda v, s, bits: v >> s,
    "rol": lambda v, s, bits: (v << s) | (v >> (bits - s)),
    "ror": lambda v, s, bits: (v >> s) | (v << (bits - s)),
}


@reference(r"__bang_(sll|sra|srl|rol|ror)")
def shift(form: Form, match: re.Match) -> Iterator[Trial]:
    code = form.code("src")
    a, bits = line(code), 8 * size_of(code)
    for amount in (0, 1, 3, bits - 1):
        exact = [SHIFTS[match[1]](int(v), amount, bits) for v in a]
        want = pack(np.array(wrapped(exact, code).tolist()), code)
        yield Trial({"src": pack(a, code), "bits": amount, "n": COUNT}, want, code, note=f"by {amount}")


@reference(r"__bang_set([01])in32")
def set_bit(form: Form, match: re.Match) -> Iterator[Trial]:
    a = line("u32")
    for position in (0, 5, 31):
        bit = np.uint32(1 << position)
        want = a | bit if match[1] == "1" else a & ~bit
        yield Trial({"src": pack(a, "u32"), "position": position, "n": COUNT}, pack(want, "u32"), "u32")


FUSIONS = [
    lambda a, b, c: a * b + c,
    lambda a, b, c: a * b - c,
    lambda a, b, c: (a + b) * c,
    lambda a, b, c: (a - b) * c,
    lambda a, b, c: a + b + c,
    lambda a, b, c: a + b - c,
    lambda a, b, c: a - b - c,
    lambda a, b, c: a - b + c,
]


def once(f: Callable, a: float, b: float, c: float, code: str) -> float:
    """f of three numbers, rounded once; of fractions where they are finite."""
    if not all(map(math.isfinite, (a, b, c))):
        with np.errstate(all="ignore"):
            return float(f(np.float64(a), np.float64(b), np.float64(c)))
    exact = f(Fraction(a), Fraction(b), Fraction(c))
    if exact == 0:
        return float(f(a, b, c))  # the sign of zero as IEEE has it
    near = float(exact) if abs(exact) < 2**1000 else math.copysign(math.inf, exact)
    if Fraction(near) != exact if math.isfinite(near) else False:  # to odd, so that the second rounding is right
        if not np.float64(near).view(np.int64) & 1:
            near = float(np.nextafter(near, math.inf if exact > Fraction(near) else -math.inf))
    return float(rounded(np.array([near]), code)[0])


@reference("__bang_fusion")
def fusion(form: Form, match: re.Match) -> Iterator[Trial]:
    code, n = form.code("src0"), 256
    a, b = (v[:n] if not is_float(code) else np.concatenate([v[: n // 2], v[-n // 2 :]]) for v in pairs(code))
    c = np.roll(b, 7) if is_float(code) else np.roll(a, 5)
    if is_float(code):  # cancellation: b * a + c rounds once
        b[-32:], c[-32:] = 1.0 + 2.0**-5, -a[-32:]
    period = 128 if "seg_n" in form else n
    for op, f in enumerate(FUSIONS):
        args: dict = {"op_code": op, "src0": pack(a, code), "n": n, "seg_n": period}
        second, third = np.resize(b[:period], n), np.resize(c[:period], n)
        if "src1" in form:
            args["src1"] = pack(b[:period], code)
        else:
            args["value1"], second = b[5], np.full(n, b[5])
        if "src2" in form:
            args["src2"] = pack(c[:period], code)
        else:
            args["value2"], third = c[3], np.full(n, c[3])
        if is_float(code):
            want = pack(np.array([once(f, *map(float, v), code) for v in zip(a, second, third)]), code)
        else:
            want = pack(np.array(wrapped([f(*map(int, v)) for v in zip(a, second, third)], code).tolist()), code)
        yield Trial({k: v for k, v in args.items() if k in form}, want, code, note=f"op {op}")


# ---------------------------------------------------------------------------------------------------------------------
# One operand
# ---------------------------------------------------------------------------------------------------------------------


def leading(v: int, code: str) -> int:
    """By how many bits v may be shifted left."""
    bits, signed = 8 * size_of(code), code[0] == "s"
    return bits - (~v if v < 0 else v).bit_length() - signed


ONE_INT: dict[str, Callable[[int, str], int]] = {
    "abs": lambda v, code: abs(v),
    "neg": lambda v, code: -v,
    "not": lambda v, code: int(v == 0),
    "bnot": lambda v, code: ~v,
    "relu": lambda v, code: max(v, 0),
    "square": lambda v, code: v * v,
    "nsa": leading,
}
erfc = np.vectorize(math.erfc, otypes=[float])


def between(low: float, below: float, high: float, above: float | None, f: Callable) -> Callable:
    """The documented ends of a table: `below` under low, `above` over high (None: the operand)."""

    def g(x: Values) -> Values:
        y = np.where(x < low, below, f(x))
        return np.where(x > high, x if above is None else above, y)

    return g


def gelu(x: Values) -> Values:
    return x * np.where(x < 0, erfc(np.abs(x) / 2**0.5) / 2, 1 - erfc(np.abs(x) / 2**0.5) / 2)


def away(x: Values) -> Values:
    return np.where(np.isinf(x), x, np.copysign(np.trunc(x) + np.trunc(2 * (x - np.trunc(x))), x))


def sigmoid(x: Values) -> Values:
    return 1 / (1 + np.exp(-x))


SIGMOID_LOW = 5.96e-8
ONE_FLOAT: dict[str, Callable[[Values], Values]] = {
    "abs": np.abs,
    "neg": np.negative,
    "not": lambda x: (x == 0).astype(float),
    "relu": lambda x: np.where(x < 0, 0.0, x),
    "square": np.square,
    "floor": np.floor,
    "round": away,
    "nearbyint": np.rint,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "recip": lambda x: 1 / x,
    "pow2": np.exp2,
    "log2": np.log2,
    "log": np.log2,
    "sin": np.sin,
    "cos": np.cos,
    "active_relu": lambda x: np.where(x < 0, 0.0, x),
    "active_abs": np.abs,
    "active_sign": lambda x: np.where(x >= 0, 1.0, -1.0),
    "active_sigmoid": between(-7.75, 0, 7.75, 1, sigmoid),
    "active_tanh": np.tanh,
    "active_gelu": between(-3.875, -5.96e-8, np.inf, None, gelu),
    "active_gelup": between(-3.875, -5.96e-8, np.inf, None, gelu),
    "active_exp": between(-7.75, 5.96e-8, np.inf, 1, np.exp),
    "active_exphp": between(-15.5, 3e-7, np.inf, 1, np.exp),
    "active_exp_less_0": between(-15.5, 5.96e-8, np.inf, 1, np.exp),
    "active_log": np.log,
    "active_loghp": np.log,
    "active_recip": lambda x: 1 / x,
    "active_reciphp": lambda x: 1 / x,
    "active_recip_greater_1": lambda x: 1 / x,
    "active_sqrt": np.sqrt,
    "active_sqrthp": np.sqrt,
    "active_rsqrt": lambda x: 1 / np.sqrt(x),
    "active_rsqrthp": lambda x: 1 / np.sqrt(x),
    "active_sin": np.sin,
    "active_cos": np.cos,
    "active_pow2": np.exp2,
}
EXACT = (
    "abs",
    "neg",
    "not",
    "relu",
    "square",
    "floor",
    "round",
    "nearbyint",
    "active_relu",
    "active_abs",
    "active_sign",
)


def function_trial(form: Form, code: str, x: Values, exact: Values, args: dict, ulp: float) -> Trial:
    want = saturated(form, code, rounded(exact, code), x)
    return Trial(
        {"src": pack(x, code), "n": x.size} | args, pack(want, code), code, ulp, np.where(np.isnan(exact), 0, exact)
    )


@reference(r"__bang_(" + "|".join({*ONE_INT, *ONE_FLOAT}) + ")")
def unary(form: Form, match: re.Match) -> Iterator[Trial]:
    op, code = match[1], form.code("src")
    x = line(code)
    args = {"src": pack(x, code), "n": COUNT}
    if op == "bnot":
        if "size" in form:
            args["size"] = args["src"].nbytes
        yield Trial(args, ~args["src"])
        return
    if not is_float(code):
        out = form.code("dst")
        yield Trial(args, pack(np.array(wrapped([ONE_INT[op](int(v), code) for v in x], out).tolist()), out), out)
        return
    with np.errstate(all="ignore"):
        exact = ONE_FLOAT[op](x)
        exact = np.where(np.isnan(x) & (op not in ("not", "active_sign")), x, exact)
        if op == "not":
            yield Trial(args, pack(exact, code), code)
        elif op in EXACT:
            yield Trial(args, pack(saturated(form, code, rounded(exact, code), x), code), code)
        else:
            yield function_trial(form, code, x, exact, {}, 0.502)


@reference("__bang_relun")
def relun(form: Form, match: re.Match) -> Iterator[Trial]:
    code = form.code("src")
    x = line(code)
    for value in (6, 0, 100):
        clipped = np.where(x < 0, 0, np.where(x > value, value, x))
        yield Trial(
            {"src": pack(x, code), "n": COUNT, "value": value}, pack(clipped, code), code, note=f"value {value}"
        )


TAYLOR = {
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "softplus": lambda x: np.log1p(np.exp(x)),
}


@reference(r"__bang_taylor[34]_(\w+)")
def taylor(form: Form, match: re.Match) -> Iterator[Trial]:
    """Inside of the documented range; its ends are in test_numerics.py."""
    code = form.code("src")
    x = rounded(
        np.concatenate([np.linspace(-7.7, 7.7, COUNT - 8), [0, -0.0, 1, -1, 0.5, -0.5, 2.0**-14, -(2.0**-14)]]), code
    )
    yield function_trial(form, code, x, TAYLOR[match[1]](x), {}, 0.502)


MATH = {"sin": np.sin, "cos": np.cos, "hypot": np.hypot}


@reference(r"__cn_vector_(sin|cos|hypot)_f32")
def library(form: Form, match: re.Match) -> Iterator[Trial]:
    a, b = pairs("f32")
    args = {"count": COUNT, "src0": pack(a, "f32"), "src": pack(a, "f32"), "src1": pack(b, "f32")}
    with np.errstate(all="ignore"):
        exact = MATH[match[1]](a, b) if match[1] == "hypot" else MATH[match[1]](a)
    args = {k: v for k, v in args.items() if k in form}
    yield Trial(args, pack(rounded(exact, "f32"), "f32"), "f32", 0.502, np.where(np.isnan(exact), 0, exact))


@reference("__cn_vector_mod_scalar_u64")
def remainder(form: Form, match: re.Match) -> Iterator[Trial]:
    a = line("u64")
    for divisor in (1, 1000003, 2**63):
        yield Trial(
            {"count": COUNT, "src": pack(a, "u64"), "divisor": np.uint64(divisor)},
            pack(a % np.uint64(divisor), "u64"),
            "u64",
        )


@reference(r"__cn_scalar_(sin|cos)_(f16|f32)")
def scalar_library(form: Form, match: re.Match) -> Iterator[Trial]:
    for x in (0.0, -0.0, 1.0, -2.5, 100.0):
        exact = np.array([MATH[match[1]](x)])
        want = pack(rounded(exact, match[2]), match[2])
        yield Trial({"x": x}, NOTHING, match[2], 1, exact, returned=want, note=f"x {x}")

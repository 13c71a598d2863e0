"""Every element-wise kind and every cast, on data with the values that go wrong."""

import numpy as np
from programs import TARGETS, Cases, generator, integers, normal, on_targets

import metabang as mb

CASES = Cases()
# An MLU2xx saturates: it has neither Inf nor NaN in arithmetic (compare and select keep them).
SPECIAL_CASES = Cases()
UNARY = "neg abs exp log sqrt rsqrt recip tanh sigmoid erf sin cos floor ceil round sign".split()
POSITIVE = ("log", "sqrt", "rsqrt")
BINARY = "add sub mul div max min pow mod floordiv".split()
COMPARE = "eq ne lt le gt ge".split()
DTYPES = "float32 float16 int32 int16 int8 bool".split()
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 1e-30, -1e-30, 100.0, -100.0]


def special(dtype="float32"):
    return mb.array(np.array(SPECIAL), dtype)


def pairs(dtype="float32"):
    a, b = np.meshgrid(SPECIAL, SPECIAL)
    return mb.array(a.ravel(), dtype), mb.array(b.ravel(), dtype)


def unary(kind, dtype):
    x = normal(3, 37, dtype=dtype, seed=kind)
    return mb.unary(kind, abs(x) + 0.125 if kind in POSITIVE else x * 3)


for kind in UNARY:
    # sin and cos of the vector units are specified to about 1e-5
    CASES.add(f"{kind}_float32", lambda kind=kind: unary(kind, "float32"), 3e-5)
    CASES.add(f"{kind}_float16", lambda kind=kind: unary(kind, "float16"), 6e-3)
    if kind not in ("sin", "cos"):
        SPECIAL_CASES.add(f"{kind}_special", lambda kind=kind: mb.unary(kind, special()), 3e-5)
    CASES.add(f"{kind}_from_int32", lambda kind=kind: mb.unary(kind, integers(5, 7, low=1, high=30)), 3e-5)
for kind in ("neg", "abs", "sign", "not"):
    for dtype in ("int32", "int16", "int8"):
        CASES.add(f"{kind}_{dtype}", lambda kind=kind, dtype=dtype: mb.unary(kind, integers(77, dtype=dtype)))
CASES.add("not_bool", lambda: ~(normal(50) > 0))

for kind in BINARY:
    for dtype in ("float32", "float16"):

        def binary(kind=kind, dtype=dtype):
            a, b = normal(4, 33, dtype=dtype, seed=1), normal(4, 33, dtype=dtype, seed=2)
            return mb.binary(kind, abs(a) + 0.25 if kind == "pow" else a, b)

        CASES.add(f"{kind}_{dtype}", binary, 2e-2 if dtype == "float16" else 2e-5)
    for dtype in ("int32", "int16", "int8"):

        def whole(kind=kind, dtype=dtype):
            a, b = (
                integers(211, dtype=dtype, low=-11, high=11, seed=1),
                integers(211, dtype=dtype, low=1, high=9, seed=2),
            )
            if kind == "pow":
                return mb.binary(
                    kind, integers(40, dtype=dtype, low=-3, high=4), integers(40, dtype=dtype, low=0, high=4)
                )
            return mb.binary(
                kind, a, b * mb.array(np.resize([1, -1], 211), dtype) if kind in ("mod", "floordiv") else b
            )

        CASES.add(f"{kind}_{dtype}", whole)
for kind in ("add", "sub", "mul", "div", "max", "min"):
    SPECIAL_CASES.add(f"{kind}_special", lambda kind=kind: mb.binary(kind, *pairs()))
for kind in ("and", "or", "xor"):
    CASES.add(f"{kind}_bool", lambda kind=kind: mb.binary(kind, normal(65, seed=1) > 0, normal(65, seed=2) > 0))
    for dtype in ("int32", "int16", "int8"):
        CASES.add(
            f"{kind}_{dtype}",
            lambda kind=kind, dtype=dtype: mb.binary(
                kind, integers(65, dtype=dtype, seed=1), integers(65, dtype=dtype, seed=2)
            ),
        )
for kind in COMPARE:
    CASES.add(f"{kind}_special", lambda kind=kind: mb.compare(kind, *pairs()))
    CASES.add(f"{kind}_special_half", lambda kind=kind: mb.compare(kind, *pairs("float16")))
    CASES.add(f"{kind}_bool", lambda kind=kind: mb.compare(kind, normal(50, seed=1) > 0, normal(50, seed=2) > 0))
    for dtype in ("int32", "int16", "int8"):
        CASES.add(
            f"{kind}_{dtype}",
            lambda kind=kind, dtype=dtype: mb.compare(
                kind,
                integers(90, dtype=dtype, low=-3, high=3, seed=1),
                integers(90, dtype=dtype, low=-3, high=3, seed=2),
            ),
        )
CASES.add(
    "big_int32", lambda: (integers(99, low=2**30, high=2**31 - 2) - 1, integers(99, low=2**24, high=2**25) * 3 + 1)
)
CASES.add(
    "compare_big_int32",
    lambda: integers(99, low=2**30, high=2**30 + 3) == integers(99, low=2**30, high=2**30 + 3, seed=1),
)

for source in DTYPES:
    for result in DTYPES:

        def cast(source=source, result=result):
            if source == "bool":
                x = normal(3, 43) > 0
            elif source.startswith("float"):
                x = mb.array(generator("cast").uniform(-100, 100, size=(3, 43)), source)
                x = x * mb.array(generator("zero").integers(0, 2, size=(3, 43)), source) if result == "bool" else x
            else:
                x = integers(
                    3, 43, dtype=source, low=-100 if result != "bool" else -1, high=100 if result != "bool" else 2
                )
            return x.astype(result)

        if source != result:
            CASES.add(f"cast_{source}_{result}", cast)
CASES.add("cast_int32_large_to_float", lambda: integers(64, low=2**24, high=2**31 - 1).astype("float32"), 1e-7)
CASES.add("cast_nan_to_bool", lambda: special().astype("bool"))
CASES.add("cast_wraps", lambda: integers(64, low=-70000, high=70000).astype("int16"))
CASES.add("cast_wraps_int8", lambda: integers(64, low=-700, high=700, dtype="int16").astype("int8"))


@CASES.case()
def select_special():
    a, b = pairs()
    return mb.where(normal(289) > 0, a, b), mb.where(a > b, a, 0.0), mb.where(a == a, a, np.inf)


@CASES.case()
def select_dtypes():
    c = normal(70) > 0
    return [
        mb.where(c, integers(70, dtype=d, seed=1), integers(70, dtype=d, seed=2))
        for d in ("int32", "int16", "int8", "float16")
    ] + [mb.where(c, normal(70, seed=4) > 0, normal(70, seed=5) > 0)]


@CASES.case()
def select_by_comparisons_of_another_type():
    f, row = normal(5, 70), normal(70)
    h, g = normal(5, 70, seed=3, dtype="float16"), normal(5, 70, seed=4, dtype="float16")
    return [
        mb.where(f > 0, h, g),
        mb.where(h > 0, f, f * 2),
        mb.where(row > 0, h, g),
        mb.where((f > 0) & (h > 0), h, g),
        mb.where((h > 0) | (f > 0.5), f, row),
        (f > 0) ^ (h > 0),
    ]


@CASES.case()
def select_broadcast():
    c = normal(5, 1, 7) > 0
    return mb.where(c, normal(5, 6, 7), normal(6, 1)), mb.where(normal(7) > 0, 1.0, normal(3, 7))


@CASES.case(2e-5)
def chain():
    x, y = normal(10, 50), normal(50)
    return mb.tanh(x * y + 1).clip(-0.5, 0.5) * mb.sigmoid(x) - abs(y), mb.relu(x) ** 2, x / (1 + mb.exp(-x)), x.var(1)


test_elementwise = on_targets(CASES)
test_special_values = on_targets(SPECIAL_CASES, TARGETS[1:])

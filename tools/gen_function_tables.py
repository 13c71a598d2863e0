"""Writes lib/Simulator/TanhTable.h and LogTable.h, the constants of Tanh.cpp and Log.cpp; it takes no arguments.

tanh: around 32 points a polynomial of degree 6 of the distance, by least squares of the relative error (below 2e-10).
The points lie in the middle of pieces that double their width four times, as tanh flattens: piece i holds the numbers
whose SCALE x + 0.5 has i in its last two bits of exponent and first three of mantissa. A point is moved a little to
where tanh and its slope are floats but for a hundredth of their last place, so that coefficients 0 and 1 need no second
float; the others are rounded one after the other and the rest fitted again each time. Around 0 coefficients 0 and 1
are exactly 0 and 1, so that small numbers come out as they should.

log: of 32 pieces of [0.75, 1.5), one over a number c of the piece with so few bits that m / c - 1 is a float for every
m of the piece, and ln c in two parts; the first part and that of ln 2 are multiples of 2^-16, so that sums of them are
exact. c is 1 on both sides of 1. And a polynomial for (ln(1 + r) - r + r^2 / 2) / r^3.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

POINTS, DEGREE = 32, 6
LAST = 9.02  # tanh is 1 in float from 9.011 on
SCALE = np.float32(7.5 / LAST)
LOG_DEGREE = 3
FOLDER = Path(__file__).parents[1] / "lib" / "Simulator"
Real = np.longdouble


def solve(matrix: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Longdouble solution of a small square system (Gaussian elimination, pivot by column)."""
    m = np.concatenate([matrix, values[:, None]], axis=1)
    for i in range(len(m)):
        pivot = i + int(np.argmax(np.abs(m[i:, i])))
        m[[i, pivot]] = m[[pivot, i]]
        for j in range(len(m)):
            if j != i:
                m[j] -= m[i] * (m[j, i] / m[i, i])
    return m[:, -1] / np.diagonal(m)


def rounded(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32).astype(Real)


def between(low: Real, high: Real) -> np.ndarray:
    """Places of an interval, dense at both ends, as Chebyshev's points."""
    return (low + high) / 2 + (high - low) / 2 * np.cos((np.arange(64) + Real(0.5)) * (np.pi / 64))


def fitted(x: np.ndarray, exact: np.ndarray, known: dict[int, Real], degree: int) -> list[Real]:
    """Coefficients of a polynomial with the smallest relative error at x, but for the known ones rounded to float."""

    def fit(powers: list[int]) -> dict[int, Real]:
        half = np.max(np.abs(x))
        m = (x / half)[:, None] ** np.array(powers) / exact[:, None]
        rest = 1 - sum((c * x**k for k, c in known.items()), Real(0)) / exact
        return dict(zip(powers, solve(m.T @ m, m.T @ rest) / half ** np.array(powers), strict=True))

    free = [k for k in range(degree + 1) if k not in known]
    while free:
        known[free[0]] = Real(np.float32(fit(free)[free[0]]))
        free.pop(0)
    return [known[k] for k in range(degree + 1)]


def edges(piece: int) -> tuple[Real, Real]:
    exponent = {2: -1, 3: 0, 0: 1, 1: 2}[piece >> 3]  # of 0.5, 1, 2 and 4, which end in these two bits
    low, high = (2.0**exponent * (1 + (piece % 8 + k) / 8) for k in range(2))
    return (Real(low) - Real(0.5)) / Real(SCALE), (Real(high) - Real(0.5)) / Real(SCALE)


def point(low: Real, high: Real) -> Real:
    if low == 0:
        return Real(0)
    middle = (low + high) / 2
    if low < 5.5:
        bits = np.array(middle, np.float32).view(np.uint32).astype(np.int64)
        c = (bits + np.arange(-20000, 20001)).astype(np.uint32).view(np.float32).astype(Real)
    else:  # here tanh stays the same float for long: its inverse of floats below 1
        c = rounded(np.arctanh(1 - np.arange(65535, 0, -1) * Real(2) ** -24))
        near = np.abs(c - middle)
        c = c[near < (high - low) * 0.1] if np.sum(near < (high - low) * 0.4) > 4 else c[near < (high - low) * 0.4]
    t = np.tanh(c)
    slope = 1 - t * t
    error = np.maximum(np.abs(rounded(t) - t), np.abs(rounded(slope) - slope) * (high - low) / 2) / t
    return c[np.argmin(error)]


def tanh_row(piece: int) -> list[Real]:
    low, high = edges(piece)
    c = point(low, high)
    x = between(low - c - (Real(1e-6) if c else 0), high - c + Real(1e-6))
    t = np.tanh(c)
    known = {0: Real(np.float32(t)), 1: Real(np.float32(1 - t * t))}
    return [c, *fitted(x, np.tanh(c + x), known, DEGREE)]


def log_row(piece: int) -> list[Real]:
    """1 / c, and ln c in two parts."""
    low, high = (1 + (piece + k) / 32 for k in range(2))
    unit = 64
    if piece >= 16:
        low, high, unit = low / 2, high / 2, 32
    inverse = Real(1 if piece in (0, 31) else round(unit * 2 / (low + high)) / unit)
    most = max(abs(low * inverse - 1), abs(high * inverse - 1))
    first, rest = in_two(-np.log(inverse))
    assert most <= 2**-5 and (first == 0 or abs(first) > most), f"piece {piece}: log would be wrong"
    return [inverse, first, rest]


def in_two(value: Real) -> tuple[Real, Real]:
    first = np.round(value * 65536) / 65536
    return first, value - first


def array(name: str, values: np.ndarray) -> str:
    text = f"alignas(64) constexpr float {name}[{len(values)}] = {{\n"
    for i in range(0, len(values), 4):
        text += "    " + " ".join(f"{float(np.float32(v)).hex()}f," for v in values[i : i + 4]) + "\n"
    return text + "};\n"


def constant(name: str, value: float) -> str:
    return f"constexpr float {name} = {float(np.float32(value)).hex()}f;\n"


def write(name: str, body: str) -> None:
    guard = f"METABANG_SIMULATOR_{name.upper()}_H"
    text = f"// Written by tools/gen_function_tables.py.\n#ifndef {guard}\n#define {guard}\n\n// clang-format off\n"
    text += f"namespace metabang::sim {{\n\n{body}\n}} // namespace metabang::sim\n// clang-format on\n\n"
    text += f"#endif // {guard}\n"
    (FOLDER / f"{name}.h").write_text(text, encoding="utf-8")


def main() -> None:
    table = np.array([tanh_row(i) for i in range(POINTS)])
    names = ["kTanhPoint", *(f"kTanh{k}" for k in range(DEGREE + 1))]
    write("TanhTable", constant("kTanhScale", SCALE) + "".join(map(array, names, table.T)))
    table = np.array([log_row(i) for i in range(POINTS)])
    r = between(-(Real(2) ** -5), Real(2) ** -5)
    coefficients = fitted(r, (np.log1p(r) - r + r * r / 2) / r**3, {}, LOG_DEGREE)
    first, rest = in_two(np.log(Real(2)))
    body = constant("kLn2", first) + constant("kLn2Rest", rest)
    body += "".join(constant(f"kLog{k + 3}", v) for k, v in enumerate(coefficients))
    write("LogTable", body + "".join(map(array, ["kLogInverse", "kLogOf", "kLogRest"], table.T)))


if __name__ == "__main__":
    main()

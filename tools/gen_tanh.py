"""Writes lib/Simulator/TanhTable.h, the coefficients of lib/Simulator/Tanh.cpp: `python tools/gen_tanh.py`.

Of tanh around the 32 points 0, WIDTH, 2 WIDTH, ...: a polynomial of degree 8 of the distance, by least squares of the
relative error (below 1e-12 before rounding). Coefficients 2 to 8 are rounded to float, one after the other, and the
rest fitted again each time; 0 and 1 are sums of two floats. Around 0 there are only non-negative distances, and
coefficients 0 and 1 are exactly 0 and 1, so that small numbers come out as they should.
"""

from pathlib import Path

import numpy as np

POINTS, WIDTH, DEGREE = 32, 37 / 128, 8  # tanh is 1 in float from 9.011 on; 31.5 WIDTH is 9.105
FILE = Path(__file__).parents[1] / "lib" / "Simulator" / "TanhTable.h"
GUARD = "METABANG_SIMULATOR_TANHTABLE_H"


def tanh_near(center: float, distance: np.ndarray) -> np.ndarray:
    return np.tanh(np.longdouble(center) + distance)


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


def coefficients(point: int) -> list[np.longdouble]:
    half = np.longdouble(WIDTH / 2)
    angle = (np.arange(64) + np.longdouble(0.5)) * (np.pi / 64)  # dense at both ends, as Chebyshev's points
    unit = (1 + np.cos(angle)) / 2 if point == 0 else np.cos(angle)
    exact = tanh_near(point * WIDTH, unit * half)

    def fit(powers: list[int], known: dict[int, np.longdouble]) -> dict[int, np.longdouble]:
        """Least squares of the relative error."""
        m = unit[:, None] ** np.array(powers) / exact[:, None]
        rest = 1 - sum(c * (unit * half) ** k for k, c in known.items()) / exact
        return dict(zip(powers, solve(m.T @ m, m.T @ rest) / half ** np.array(powers), strict=True))

    known = {0: np.longdouble(0), 1: np.longdouble(1)} if point == 0 else {}
    free = list(range(len(known), DEGREE + 1))
    for k in range(2, DEGREE + 1):  # the others make up for the rounding of this one
        known[k] = np.longdouble(np.float32(fit(free, known)[k]))
        free.remove(k)
    if free:
        known |= fit(free, known)
    return [known[k] for k in range(DEGREE + 1)]


def main() -> None:
    table = np.array([coefficients(i) for i in range(POINTS)])
    rows = {f"kC{k}": table[:, k].astype(np.float32) for k in range(DEGREE + 1)}
    for k in range(2):
        rows[f"kLow{k}"] = (table[:, k] - rows[f"kC{k}"]).astype(np.float32)
    text = "// Written by tools/gen_tanh.py.\n"
    text += f"#ifndef {GUARD}\n#define {GUARD}\n\n// clang-format off\nnamespace metabang::sim {{\n\n"
    text += f"constexpr float kTanhWidth = {float(WIDTH).hex()}f;\n"
    for name, values in sorted(rows.items()):
        text += f"alignas(64) constexpr float {name}[{POINTS}] = {{\n"
        for i in range(0, POINTS, 4):
            text += "    " + " ".join(f"{float(v).hex()}f," for v in values[i : i + 4]) + "\n"
        text += "};\n"
    text += f"\n}} // namespace metabang::sim\n// clang-format on\n\n#endif // {GUARD}\n"
    FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

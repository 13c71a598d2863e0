"""Conversions: every rounding mode, ties, saturation, positions."""

from __future__ import annotations

import numpy as np
import pytest
from expect_convert import MODES
from harness import kernel
from test_vector import run_unary


def values(dtype) -> np.ndarray:
    ties = np.arange(-300, 300) / 2
    big = [
        1e9,
        -1e9,
        40000.0,
        -40000.0,
        32767.5,
        -32768.5,
        127.5,
        -128.5,
        65504.0,
        np.inf,
        -np.inf,
        1e-7,
        -1e-7,
        0.0,
        -0.0,
    ]
    rng = np.random.default_rng(0)
    all_values = np.concatenate([ties, big, rng.standard_normal(1024 - 600 - len(big)) * 50])
    with np.errstate(over="ignore"):
        return all_values.astype(dtype)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("source", [np.float32, np.float16])
@pytest.mark.parametrize("target", [np.int8, np.int16])
@pytest.mark.parametrize("position", [0, -3, 4])
def test_float_to_fixed_point(sim, mode, source, target, position):
    x = values(source)
    name = f"__bang_{'float' if source == np.float32 else 'half'}2int{np.iinfo(target).bits}_{mode}"
    device = "mtp_372" if mode in ("rm", "rn") else "mtp_270"
    got = run_unary(sim, name, x, device, target, f", {position}")
    info = np.iinfo(target)
    want = np.clip(MODES[mode](x.astype(float) * 2.0**-position), info.min, info.max).astype(target)
    np.testing.assert_array_equal(got, want)


def test_nan_becomes_a_limit_or_zero(sim):
    x = np.full(128, np.nan, np.float32)
    assert set(run_unary(sim, "__bang_float2int16_rd", x, "mtp_372", np.int16, ", 0")) == {32767}
    assert set(run_unary(sim, "__bang_float2int16_rd", x, "mtp_592", np.int16, ", 0")) == {0}


@pytest.mark.parametrize("source,name", [(np.int16, "int16"), (np.int8, "int8")])
@pytest.mark.parametrize("position", [-15, 0, 3])
def test_fixed_point_to_float(sim, source, name, position):
    info = np.iinfo(source)
    x = np.resize(np.arange(info.min, info.max + 1, 7 if source == np.int16 else 1), 2048).astype(source)
    got = run_unary(sim, f"__bang_{name}2float", x, "mtp_270", np.float32, f", {position}")
    np.testing.assert_array_equal(got, x * np.float32(2.0**position))
    got = run_unary(sim, f"__bang_{name}2half", x, "mtp_270", np.float16, f", {position}")
    exact = x.astype(float) * 2.0**position
    with np.errstate(over="ignore"):
        near = exact.astype(np.float16)
    toward = np.where(np.abs(near.astype(float)) > np.abs(exact), np.nextafter(near, np.float16(0)), near)
    np.testing.assert_array_equal(got, toward)  # toward zero, so nothing overflows


def half_neighbours(x: float) -> tuple[float, float]:
    with np.errstate(over="ignore"):
        near = np.float16(x)
    low = near if near <= x else np.nextafter(near, np.float16(-np.inf))
    return float(low), float(low) if float(low) == x else float(np.nextafter(low, np.float16(np.inf)))


@pytest.mark.parametrize("mode", MODES)
def test_float_to_half(sim, mode):
    rng = np.random.default_rng(1)
    x = np.concatenate(
        [
            rng.standard_normal(600) * 10.0 ** rng.integers(-8, 4, 600),
            [1 + 2**-11, 1 + 3 * 2**-11, -1 - 2**-11, 2**-25, 3 * 2**-25],
            np.zeros(35),
        ]
    ).astype(np.float32)
    got = run_unary(sim, f"__bang_float2half_{mode}", x, "mtp_372", np.float16)
    for value, result in zip(x.astype(float), got.astype(float), strict=True):
        low, high = half_neighbours(value)
        nearest = low if value - low < high - value else high if value - low > high - value else None
        if nearest is None:  # a tie
            even = low if int(np.float16(low).view(np.uint16)) % 2 == 0 else high
            nearest = {"rd": high if value > 0 else low, "rm": high, "rn": even}.get(mode)
        want = {"up": high, "dn": low, "tz": low if value > 0 else high, "oz": high if value > 0 else low}.get(
            mode, nearest
        )
        assert result == want, (mode, value, result, want)


INF, NAN, TOP = np.inf, np.nan, 65504.0
# x: half of x in the modes tz oz up dn rd rm rn, as the vendor's tables 5.9 and 5.10 have it
TO_HALF = {
    "mtp_372": {
        65510.0: (TOP, INF, INF, TOP, TOP, TOP, TOP),
        65520.0: (TOP, INF, INF, TOP, INF, TOP, INF),
        3e38: (TOP, INF, INF, TOP, INF, TOP, INF),
        -65510.0: (-TOP, -INF, -TOP, -INF, -TOP, -TOP, -TOP),
        -65520.0: (-TOP, -INF, -TOP, -INF, -INF, -TOP, -INF),
        -3e38: (-TOP, -INF, -TOP, -INF, -INF, -TOP, -INF),
        INF: (INF,) * 7,
        -INF: (-INF,) * 7,
        NAN: (NAN,) * 7,
        1e-30: (0.0, 2.0**-24, 2.0**-24, 0.0, 0.0, 0.0, 0.0),
        -1e-30: (-0.0, -(2.0**-24), -0.0, -(2.0**-24), -0.0, -0.0, -0.0),
        -0.0: (-0.0,) * 7,
    },
    "mtp_592": {
        65510.0: (TOP, INF, INF, TOP, TOP, TOP, TOP),
        65520.0: (TOP, INF, INF, TOP, INF, INF, INF),
        3e38: (TOP, INF, INF, TOP, INF, INF, INF),
        -65520.0: (-TOP, -INF, -TOP, -INF, -INF, -TOP, -INF),
        -65521.0: (-TOP, -INF, -TOP, -INF, -INF, -INF, -INF),
        -3e38: (-TOP, -INF, -TOP, -INF, -INF, -INF, -INF),
        INF: (INF,) * 7,
        NAN: (NAN,) * 7,
    },
    "mtp_270": {x: (TOP,) * 5 + (None, None) for x in (65520.0, 3e38, INF, NAN)} | {-INF: (-TOP,) * 5 + (None, None)},
}
HALF_MODES = ("tz", "oz", "up", "dn", "rd", "rm", "rn")


@pytest.mark.parametrize("device", TO_HALF)
def test_ends_of_float_to_half(sim, device):
    table = TO_HALF[device]
    x = np.resize(np.array(list(table), np.float32), 64)
    for column, mode in enumerate(HALF_MODES if device != "mtp_270" else HALF_MODES[:5]):
        got = run_unary(sim, f"__bang_float2half_{mode}", x, device, np.float16)[: len(table)]
        want = np.array([row[column] for row in table.values()], np.float16)
        np.testing.assert_array_equal(got.view(np.uint16)[~np.isnan(want)], want.view(np.uint16)[~np.isnan(want)], mode)
        assert np.isnan(got[np.isnan(want)]).all()


@pytest.mark.parametrize("device", ["mtp_372", "mtp_592"])
def test_ends_of_float_to_bfloat16(sim, device):
    """3xx makes no Inf of a number in any mode, 5xx rounds as the mode says (tables 5.11 and 5.12)."""
    x = np.array([0x7F7F0001, 0x7F7F8000, 0x7F7FFFFF, 0xFF7F8000, 0xFF7FFFFF, 0x7F800000], np.uint32)
    x = np.resize(x, 66)[:66].view(np.float32)
    top, inf = 0x7F7F, 0x7F80
    minus = 0x8000
    want = {
        "tz": [top, top, top, minus | top, minus | top, inf],
        "oz": [inf, inf, inf, minus | inf, minus | inf, inf],
        "up": [inf, inf, inf, minus | top, minus | top, inf],
        "dn": [top, top, top, minus | inf, minus | inf, inf],
        "rd": [top, inf, inf, minus | inf, minus | inf, inf],
        "rm": [top, inf, inf, minus | top, minus | inf, inf],
        "rn": [top, inf, inf, minus | inf, minus | inf, inf],
    }
    calls = "".join(f"  __bang_float2bfloat16_{m}(c + {64 * i}, a, 64);\n" for i, m in enumerate(want))
    text = kernel(
        "float *x, uint16_t *z",
        f"""  float *a = (float *)nram; bfloat16_t *c = (bfloat16_t *)(nram + 4096);
  __memcpy(a, x, 256, GDRAM2NRAM);
{calls}  __memcpy(z, c, {len(want) * 128}, NRAM2GDRAM);""",
    )
    got = np.zeros((len(want), 64), np.uint16)
    assert sim.run(text, x, got, device=device) == ""
    for row, (mode, expected) in zip(got, want.items()):
        if device == "mtp_372":
            expected = [v if (v & 0x7FFF) != inf else v - 1 for v in expected[:-1]] + [inf]
        np.testing.assert_array_equal(row[:6], np.array(expected, np.uint16), mode)


def test_integers_that_half_cannot_hold(sim):
    x = np.resize(np.array([65504, 65519, 65520, -65520, -70000, 2**31 - 1], np.int32), 64)
    got = run_unary(sim, "__bang_int322half_rn", x, "mtp_372", np.float16, ", 0")
    np.testing.assert_array_equal(got[:6], np.array([TOP, TOP, TOP, -TOP, -TOP, TOP], np.float16))
    got = run_unary(sim, "__bang_int322half_rn", x, "mtp_592", np.float16, ", 0")
    np.testing.assert_array_equal(got[:6], np.array([TOP, TOP, INF, -INF, -INF, INF], np.float16))
    got = run_unary(sim, "__bang_int322half_rm", x, "mtp_592", np.float16, ", 0")
    np.testing.assert_array_equal(got[:6], np.array([TOP, TOP, INF, -TOP, -INF, INF], np.float16))


def test_half_to_float_is_exact(sim):
    x = np.arange(65536, dtype=np.uint16).view(np.float16)[: 2 * 8192].copy()
    np.testing.assert_array_equal(run_unary(sim, "__bang_half2float", x, "mtp_270", np.float32), x.astype(np.float32))
    x = np.arange(49152, 65536, dtype=np.uint16).view(np.float16).copy()
    np.testing.assert_array_equal(run_unary(sim, "__bang_half2float", x, "mtp_372", np.float32), x.astype(np.float32))


def test_int32(sim):
    x = np.resize(np.array([0, 1, -1, 2**31 - 1, -(2**31), 16777217, 33554435, 123456], np.int32), 64)
    got = run_unary(sim, "__bang_int322float_rn", x, "mtp_372", np.float32, ", 0")
    np.testing.assert_array_equal(got, x.astype(np.float32))
    got = run_unary(sim, "__bang_int322float_tz", x, "mtp_372", np.float32, ", 0")
    assert got[5] == 16777216 and got[3] == 2147483520
    f = np.resize(np.array([3e9, -3e9, 1.5, -1.5], np.float32), 64)
    got = run_unary(sim, "__bang_float2int32_tz", f, "mtp_372", np.int32, ", 0")
    np.testing.assert_array_equal(got[:4], [2**31 - 1, -(2**31), 1, -1])


def test_strided_form(sim):
    """Three segments of 64 elements out of rows of 128."""
    x = np.random.default_rng(2).standard_normal((3, 128)).astype(np.float16)
    out = np.zeros((3, 64), np.float32)
    text = kernel(
        "half *x, float *z",
        """  __memcpy(nram, x, 768, GDRAM2NRAM);
  __bang_half2float((float *)(nram + 4096), (half *)nram, 64, 256, 256, 2);
  __memcpy(z, nram + 4096, 768, NRAM2GDRAM);""",
    )
    assert sim.run(text, x, out) == ""
    np.testing.assert_array_equal(out, x[:, :64].astype(np.float32))

"""Builtins that few kernels use: comparison filters, bits, histogram, integral, tiling, pools."""

from __future__ import annotations

import numpy as np
import pytest
from harness import kernel
from table import CTYPE, Case, run

RNG = np.random.default_rng(8)
LATE = ("mtp_592",)
SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 2.5], np.float32)
COMPARE = {
    "EQ": np.equal,
    "NE": lambda a, b: (a < b) | (a > b),
    "LT": np.less,
    "LE": np.less_equal,
    "GT": np.greater,
    "GE": np.greater_equal,
}


def filtered(a: np.ndarray, mask: np.ndarray, n: int) -> np.ndarray:
    """A 32-bit count, then the chosen elements; the first n of these."""
    head = np.array([mask.sum()], np.uint32).view(a.dtype)
    return np.concatenate([head, a[mask]])[:n]


def filters() -> list[Case]:
    found = []
    for dtype in (np.float32, np.float16):
        a, b = (v.ravel().astype(dtype) for v in np.meshgrid(SPECIAL, SPECIAL))
        t = CTYPE[np.dtype(dtype).name]
        for mode, f in COMPARE.items():
            want = filtered(a, f(a, b), 1 + 64)
            body = f"__bang_fcmpfilter(CMP_{mode}, d, a, b, 64);"
            # what follows the chosen elements is undefined: only these are read
            zeros = np.zeros(want.size, dtype)
            move = f" __memcpy_async(d, r, {want.nbytes}, NRAM2NRAM); __sync();"
            room = f"{t} *r = ({t} *)(nram + 200000); "
            found.append(Case(f"f{mode}_{t}", room + body.replace("d, a", "r, a") + move, [a, b], zeros, want))
            want = filtered(a, f(a, dtype(1)), 1 + 64)
            room = f"{t} *r = ({t} *)(nram + 200000); __bang_fcmpfilter(CMP_{mode}, r, a, ({t})1, 64);"
            room += f" __memcpy_async(d, r, {want.nbytes}, NRAM2NRAM); __sync();"
            found.append(Case(f"s{mode}_{t}", room, [a], np.zeros(want.size, dtype), want))
    bits = RNG.integers(0, 256, 8).astype(np.uint8)
    flags = np.unpackbits(bits, bitorder="little")
    for dtype in ("int8", "int16", "int32"):
        body = "__bang_bexpand(d, a, 1, 2, 4, 8);"
        found.append(Case(f"bexpand_{dtype}", body, [bits], np.zeros(64, dtype), flags.astype(dtype), LATE))
        values = (flags * RNG.integers(1, 127, 64)).astype(dtype)
        found.append(Case(f"breduce_{dtype}", "__bang_breduce(d, a, 1, 2, 4, 8);", [values], bits * 0, bits, LATE))
    return found


def scans() -> list[Case]:
    found = []
    load = "__memcpy(wram, e, 4096, NRAM2WRAM); auto k = ({t} *)wram; "
    for dtype, row in (("int16", 32), ("int8", 64)):
        values = RNG.permutation(100)[:64].astype(dtype)
        kernel = np.repeat(values, row)
        src = RNG.integers(0, 100, 256).astype(dtype)
        src[:100] = values[3]
        counts = np.array([(src == v).sum() for v in values])
        t = f"{dtype}_t"  # numbers with a position: int8_t is not char
        for out in ("int32", "int16", "float32", "float16"):
            body = load.format(t=t).replace("e,", "b,") + f"__bang_histogram(d, ({t} *)a, k, 256);"
            found.append(Case(f"histogram_{dtype}_{out}", body, [src, kernel], np.zeros(64, out), counts))
    for dtype, out, row in (("int16", "int32", 32), ("float32", "float32", 16), ("float16", "float32", 32)):
        lower = np.zeros((4096 // np.dtype(dtype).itemsize // row, row), dtype)
        lower[:row] = np.tril(np.ones((row, row)))
        src = RNG.integers(-50, 50, 4 * row).astype(dtype)
        t = CTYPE[dtype]
        body = load.format(t=t).replace("e,", "b,") + f"__bang_integral(d, a, k, {src.size});"
        want = np.cumsum(src.astype(float))
        found.append(Case(f"integral_{dtype}", body, [src, lower.ravel()], np.zeros(src.size, out), want))
    src = RNG.integers(-3000, 3000, 64).astype(np.int16)
    lower = np.zeros((64, 32), np.int16)
    lower[:32] = np.tril(np.ones((32, 32)))
    body = load.format(t="short").replace("e,", "b,") + "__bang_integral(d, a, k, 64, -4);"
    want = (np.cumsum(src.astype(float)) / 16).astype(np.float16)
    found.append(Case("integral_fixed", body, [src, lower.ravel()], np.zeros(64, np.float16), want))
    return found


def layouts() -> list[Case]:
    found = []
    every = ("mtp_270", "mtp_372", "mtp_592")
    for bits in (8, 16, 32, 64, 128, 256):
        rows = 512 // bits
        a = RNG.integers(0, 256, rows * 2 * 64).astype(np.uint8)
        units = a.reshape(rows, 2, rows, bits // 8)[:, 0]  # every second row of 64 bytes
        kept = np.full(rows * 3 * 64, 9, np.uint8)
        want = kept.reshape(rows, 3, rows, bits // 8).copy()
        want[:, 0] = units.transpose(1, 0, 2)
        half = rows // 2 if rows > 1 else 1
        body = f"__bang_tiling_2d_b{bits}(d, a, {half}, 4, 2, 2, {half}, 6, 2, 3);"
        found.append(Case(f"tiling_{bits}", body, [a], kept, want.ravel(), every))
    a = np.arange(3 * 4 * 128, dtype=np.uint8)
    kept = np.full(a.size, 9, np.uint8)
    # units (5 3) of a 3 x 4 grid, written column by column
    want = a.reshape(3, 4, 128).transpose(1, 0, 2).ravel()
    body = "__bang_tiling_3d_b1024(d, a, 1, 0, 4, 2, 3, 8, 1, 0, 4, 6, 3, 2, 1);"
    found.append(Case("tiling_3d", body, [a], kept, want, every))
    for dtype in (np.float32, np.float16):
        t, size = CTYPE[np.dtype(dtype).name], np.dtype(dtype).itemsize
        n, channels = 6, 70
        w, x, y = (RNG.standard_normal(m).astype(dtype) for m in (n, n * channels, n * channels))
        first = f"{t} *k = ({t} *)wram; __bang_write_value(d, 64, ({t})0); __bang_write_value(d, 1, ({t})1);"
        first += " __memcpy(wram, d, 64, NRAM2WRAM, 64, 1, 8192, 63, 0, 1, 0, 63);"
        out = np.zeros(n * channels, dtype)
        product = np.repeat(w.astype(float), channels) * x
        body = first + f" __bang_expand_channel_mul(d, a, k, b, {n}, {channels});"
        found.append(Case(f"channels_{size}", body, [w, x], out, product.astype(dtype), LATE))
        body = first + f" __bang_expand_channel_mul_add(d, a, k, b, c, {n}, {channels});"
        found.append(Case(f"channels_add_{size}", body, [w, x, y], out, (product + y).astype(np.float32), LATE))
    return found


def windows(x: np.ndarray, kh: int, kw: int, sh: int, sw: int, clip: bool = False) -> list[list[np.ndarray]]:
    """For each pixel of the result its window, as [place][channel]; NaN where it is clipped."""
    h, w, c = x.shape
    ow = (w - kw + sw - 1) // sw + 1 if clip else (w - kw) // sw + 1
    rows = []
    for y in range((h - kh) // sh + 1):
        for p in range(ow):
            piece = x[y * sh : y * sh + kh, p * sw : p * sw + kw].copy()
            padded = np.full((kh, kw, c), np.nan, x.dtype)
            padded[:, : piece.shape[1]] = piece
            rows.append(padded.reshape(kh * kw, c))
    return rows


def pools() -> list[Case]:
    found = []
    shape = (6, 7, 8)
    for dtype in (np.float32, np.float16):
        t, i = CTYPE[np.dtype(dtype).name], "uint32" if dtype == np.float32 else "uint16"
        x = np.round(RNG.standard_normal(shape) * 2).astype(dtype)  # with ties
        holes = x.copy()
        holes[RNG.random(shape) < 0.1] = np.nan
        for name, arg in (("max", np.nanargmax), ("min", np.nanargmin)):
            clipped = windows(x, 2, 3, 2, 2, clip=True)
            index = np.stack([arg(v, axis=0) for v in clipped])
            value = np.stack([np.take_along_axis(v, at[None], 0)[0] for v, at in zip(clipped, index)])
            both = np.concatenate([value.ravel(), index.astype(i).ravel().view(dtype)])
            body = f"__bang_{name}pool_value_index(d, a, 8, 6, 7, 2, 3, 2, 2, {value.size * x.itemsize});"
            found.append(Case(f"{name}_value_index_{t}", body, [x.ravel()], np.zeros(both.size, dtype), both))
            rows = windows(holes, 2, 3, 1, 2)
            first = [np.where(np.isnan(v).any(0), np.isnan(v).argmax(0), getattr(v, f"arg{name}")(0)) for v in rows]
            index = np.stack(first)  # a NaN wins
            value = np.stack([np.take_along_axis(v, at[None], 0)[0] for v, at in zip(rows, index)]).ravel()
            body = f"__bang_nan_{name}pool(d, a, 8, 6, 7, 2, 3, 2, 1);"
            found.append(Case(f"nan_{name}_{t}", body, [holes.ravel()], np.zeros(value.size, dtype), value, LATE))
            body = f"__bang_nan_{name}pool_index(d, a, 8, 6, 7, 2, 3, 2, 1);"
            zeros = np.zeros(index.size, i)
            found.append(Case(f"nan_{name}_index_{t}", body, [holes.ravel()], zeros, index.astype(i).ravel(), LATE))
        small = RNG.standard_normal((2, 2, 64)).astype(dtype)
        kept = np.full((5, 5, 64), 9, dtype)
        want = kept.copy()
        for y in range(2):
            for p in range(2):
                want[y * 3 : y * 3 + 2, p * 3 : p * 3 + 2] = 0
                want[y * 3, p * 3 + 1] = small[y, p]
        body = "__bang_unpool(d, a, 64, 5, 5, 2, 2, 3, 3, 1);"
        every = ("mtp_270", "mtp_372", "mtp_592")
        found.append(Case(f"unpool_{t}", body, [small.ravel()], kept.ravel(), want.ravel(), every))
    return found


def mathematics() -> list[Case]:
    x = np.concatenate([SPECIAL, [1e5, -3e9, 3e9, 1e-30, -7.9, 7.9]]).astype(np.float32)
    y = x[::-1].copy()
    n, zero = x.size, np.zeros(x.size, np.float32)
    with np.errstate(all="ignore"):
        exact = x.astype(float)
        found = [
            Case("math_sin", f"__cn_vector_sin_f32({n}, d, a);", [x], zero, np.sin(exact).astype(np.float32)),
            Case("math_cos", f"__cn_vector_cos_f32({n}, d, a);", [x], zero, np.cos(exact).astype(np.float32)),
            Case(
                "math_hypot",
                f"__cn_vector_hypot_f32({n}, d, a, b);",
                [x, y],
                zero,
                np.hypot(exact, y).astype(np.float32),
            ),
        ]
        whole = np.clip(np.nan_to_num(np.trunc(exact), nan=0, posinf=2**31 - 1, neginf=-(2**31)), -(2**31), 2**31 - 1)
    found.append(Case("math_cast", f"__cn_vector_cast_f32_to_s32({n}, d, a);", [x], zero.astype(np.int32), whole))
    big = RNG.integers(0, 2**63, 16).astype(np.uint64)
    found.append(
        Case("math_mod", "__cn_vector_mod_scalar_u64(16, d, a, 1000003);", [big], big * 0, big % np.uint64(1000003))
    )
    return found


@pytest.mark.parametrize("device", ["mtp_270", "mtp_372", "mtp_592"])
@pytest.mark.parametrize("family", [filters, scans, layouts, pools, mathematics])
def test_against_numpy(sim, family, device):
    run(sim, family(), device)


@pytest.mark.parametrize("device", ["mtp_372", "mtp_592"])
@pytest.mark.parametrize("filtering", ["__bang_filter(c, a, b, 64)", "__bang_fcmpfilter(CMP_GT, c - 1, a, 0.f, 64)"])
def test_what_follows_a_filters_result_is_undefined(sim, filtering, device):
    """Also where the buffer was written before."""
    body = """  float *a = (float *)nram, *b = a + 64, *c = a + 256;
  __memcpy(a, x, 512, GDRAM2NRAM);
  __bang_write_value(c, 64, 9.f);
  {filtering};
  __bang_mul_scalar(c, c, 2.f, 64);
  __memcpy(z, c, {bytes}, NRAM2GDRAM);"""
    values = RNG.standard_normal(64).astype(np.float32)
    x = np.concatenate([values, values > 0]).astype(np.float32)
    z = np.zeros(64, np.float32)
    chosen = values[values > 0]
    kernels = [kernel("float *x, float *z", body.format(filtering=filtering, bytes=n * 4)) for n in (chosen.size, 64)]
    assert sim.run(kernels[0], x, z, device=device) == ""
    np.testing.assert_array_equal(z[: chosen.size], chosen * np.float32(2))
    report = sim.run(kernels[1], x, z, device=device)
    assert f"reads {4 * (64 - chosen.size)} bytes that this task never wrote" in report, report


def test_a_dilation_of_the_output_is_refused(sim):
    call = "__bang_maxpool((float *)nram, (float *)(nram + 8192), 32, 4, 4, 2, 2, 1, 1, 1, 1, {}, 1);"
    text = kernel("float *x", "  __memcpy(nram + 8192, x, 2048, GDRAM2NRAM);\n  " + call)
    assert sim.run(text.replace("{}", "1"), np.zeros(512, np.float32), device="mtp_372") == ""
    assert "out_dh is 2" in sim.run(text.replace("{}", "2"), np.zeros(512, np.float32), device="mtp_372")

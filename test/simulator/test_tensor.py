"""Convolution, matrix products, pools, layouts, reductions and selection against float64 NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from harness import kernel

BANK = {"mtp_270": 16384, "mtp_372": 16384, "mtp_592": 8192}


def bank_image(filters: np.ndarray) -> np.ndarray:
    """[co][...] to the image of a contiguous copy: [64][co / 64][...]; co is filled up to a multiple of 64."""
    co = -(-filters.shape[0] // 64) * 64
    full = np.zeros((co, *filters.shape[1:]), filters.dtype)
    full[: filters.shape[0]] = filters
    return np.ascontiguousarray(full.reshape(co // 64, 64, -1).swapaxes(0, 1))


def conv_reference(x, k, sh, sw, dh=1, dw=1):
    _, kh, kw, _ = k.shape
    oh, ow = (x.shape[0] - (kh - 1) * dh - 1) // sh + 1, (x.shape[1] - (kw - 1) * dw - 1) // sw + 1
    out = np.zeros((oh, ow, k.shape[0]))
    for i in range(kh):
        for j in range(kw):
            patch = x[i * dh :: sh, j * dw :: sw][:oh, :ow].astype(float)
            out += patch @ k[:, i, j].astype(float).T
    return out


def up(n: int) -> int:
    return (n + 127) // 128 * 128


def run_conv(sim, x, k, out, tail, device, extra=(), builtin="__bang_conv"):
    """`tail` is what follows kernel[, bias | partial] and the shape; extra holds bias or partial."""
    ctype = {"int8": "int8_t", "int16": "int16_t", "float32": "float", "float16": "half"}
    image = bank_image(k)
    h, w, ci = x.shape
    co, kh, kw, _ = k.shape
    offsets = [0, up(x.nbytes), up(x.nbytes) + up(out.nbytes)]
    t, d = ctype[x.dtype.name], ctype[out.dtype.name]
    kt = ctype[k.dtype.name]
    more = f"{d} *b, " if extra else ""
    text = kernel(
        f"{t} *x, {kt} *f, {more}{d} *z",
        f"""  __memcpy(nram, x, {x.nbytes}, GDRAM2NRAM);
  __memcpy(wram, f, {image.nbytes}, GDRAM2WRAM);
  {f"__memcpy(nram + {offsets[2]}, b, {extra[0].nbytes}, GDRAM2NRAM);" if extra else ""}
  {builtin}(({d} *)(nram + {offsets[1]}), ({t} *)nram, ({kt} *)wram,
            {f"({d} *)(nram + {offsets[2]}), " if extra else ""}
            {ci}, {h}, {w}, {kh}, {kw}, {tail});
  __memcpy(z, nram + {offsets[1]}, {out.nbytes}, NRAM2GDRAM);""",
        nram=393216,
        wram=image.nbytes,
    )
    return sim.run(text, x, image, *extra, out, device=device)


@pytest.mark.parametrize(
    "src,filter_,dst",
    [
        ("int16", "int16", "float32"),
        ("int8", "int8", "float32"),
        ("int16", "int8", "float16"),
        ("int16", "int16", "int16"),
    ],
)
@pytest.mark.parametrize("co,kh,kw,sh,sw", [(64, 3, 3, 1, 1), (128, 1, 1, 1, 1), (64, 3, 2, 2, 1), (192, 2, 3, 1, 3)])
def test_integer_conv(sim, src, filter_, dst, co, kh, kw, sh, sw):
    rng = np.random.default_rng(0)
    x = rng.integers(np.iinfo(src).min, np.iinfo(src).max, (9, 8, 64), dtype=src, endpoint=True)
    k = rng.integers(np.iinfo(filter_).min, np.iinfo(filter_).max, (co, kh, kw, 64), dtype=filter_, endpoint=True)
    fix = -29 if filter_ == "int16" else -10 if src == "int8" else -21
    want = conv_reference(x, k, sh, sw) * 2.0**fix
    if dst == "int16":
        want *= 64
        fix += 6
    out = np.zeros(want.shape, dst)
    assert run_conv(sim, x, k, out, f"{sw}, {sh}, {co}, {fix}", "mtp_270") == ""
    if dst == "int16":
        want = np.clip(np.sign(want) * np.floor(np.abs(want) + 0.5), -32767, 32767)
    np.testing.assert_array_equal(out, want.astype(dst))  # exact sums, rounded once


def test_conv_bias_and_partial(sim):
    rng = np.random.default_rng(1)
    x = rng.integers(-99, 99, (6, 6, 64), dtype=np.int8)
    k = rng.integers(-99, 99, (64, 3, 3, 64), dtype=np.int8)
    bias = rng.standard_normal(64).astype(np.float32)
    want = conv_reference(x, k, 1, 1) * 2.0**-12
    out = np.zeros(want.shape, np.float32)
    assert run_conv(sim, x, k, out, "1, 1, 64, -12", "mtp_270", (bias,)) == ""
    np.testing.assert_array_equal(out, (want + bias).astype(np.float32))
    partial = rng.standard_normal(want.shape).astype(np.float32)
    assert run_conv(sim, x, k, out, "1, 1, 64, -12", "mtp_270", (partial,), "__bang_conv_partial") == ""
    np.testing.assert_array_equal(out, (want + partial).astype(np.float32))


def test_dilated_conv_needs_3xx(sim):
    rng = np.random.default_rng(2)
    x = rng.integers(-99, 99, (9, 9, 64), dtype=np.int8)
    k = rng.integers(-99, 99, (64, 3, 3, 64), dtype=np.int8)
    want = conv_reference(x, k, 1, 1, 3, 2)
    out = np.zeros(want.shape, np.float32)
    assert run_conv(sim, x, k, out, "1, 1, 64, 0, 2, 3", "mtp_372") == ""
    np.testing.assert_array_equal(out, want)
    with pytest.raises(RuntimeError, match="__bang_conv does not take these arguments on mtp_270"):
        run_conv(sim, x, k, out, "1, 1, 64, 0, 2, 3", "mtp_270")


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("device", ["mtp_372", "mtp_592"])
def test_float_conv(sim, dtype, device):
    rng = np.random.default_rng(3)
    x, k = rng.standard_normal((8, 7, 32)).astype(dtype), rng.standard_normal((96, 3, 3, 32)).astype(dtype)
    want = conv_reference(x, k, 2, 1)
    out = np.zeros(want.shape, np.float32)
    assert run_conv(sim, x, k, out, "1, 2, 96", device) == ""
    np.testing.assert_allclose(out, want, rtol=6.1e-8, atol=1e-9)  # rounded once
    with pytest.raises(RuntimeError, match="__bang_conv does not take these arguments on mtp_270"):
        run_conv(sim, x, k, out, "1, 2, 96", "mtp_270")


def test_wram_keeps_filters_of_two_tensors_apart(sim):
    """An offset in WRAM counts inside each bank: 64 filters of 64 bytes take 64 bytes of every bank."""
    rng = np.random.default_rng(4)
    x = rng.integers(-99, 99, (4, 4, 64), dtype=np.int8)
    k = rng.integers(-99, 99, (2, 64, 1, 1, 64), dtype=np.int8)
    out = np.zeros((2, 16, 64), np.float32)
    text = kernel(
        "int8_t *x, int8_t *f, float *z",
        """  __memcpy(nram, x, 1024, GDRAM2NRAM);
  __memcpy(wram, f, 4096, GDRAM2WRAM);
  __memcpy(wram + 64, f + 4096, 4096, GDRAM2WRAM);
  for (int i = 0; i < 2; ++i)
    __bang_conv((float *)(nram + 1024 + i * 4096), (int8_t *)nram, (int8_t *)(wram + i * 64),
                64, 4, 4, 1, 1, 1, 1, 64, 0);
  __memcpy(z, nram + 1024, 8192, NRAM2GDRAM);""",
        wram=8192,
    )
    assert sim.run(text, x, k, out) == ""
    for i in range(2):
        np.testing.assert_array_equal(out[i].reshape(4, 4, 64), conv_reference(x, k[i], 1, 1))


@pytest.mark.parametrize("device", ["mtp_270", "mtp_372"])
def test_matmul_by_reshape_filter(sim, device):
    """B transposed, reshaped on the device, copied to WRAM, multiplied."""
    rng = np.random.default_rng(5)
    a = rng.integers(-30000, 30000, (10, 64), dtype=np.int16)
    b = rng.integers(-30000, 30000, (64, 128), dtype=np.int16)
    bt, out, row = np.ascontiguousarray(b.T), np.zeros((10, 128), np.float32), np.zeros(128, np.float32)
    text = kernel(
        "int16_t *a, int16_t *b, float *z, float *r",
        """  __memcpy(nram, a, 1280, GDRAM2NRAM);
  __memcpy(nram + 2048, b, 16384, GDRAM2NRAM);
  __bang_reshape_filter((int16_t *)(nram + 20480), (int16_t *)(nram + 2048), 128, 1, 1, 64);
  __memcpy(wram, nram + 20480, 16384, NRAM2WRAM);
  __bang_matmul((float *)(nram + 65536), (int16_t *)nram, (int16_t *)wram, 10, 64, 128, -20);
  __bang_mlp((float *)(nram + 81920), (int16_t *)nram, (int16_t *)wram, 128, 64, -20);
  __memcpy(z, nram + 65536, 5120, NRAM2GDRAM);
  __memcpy(r, nram + 81920, 512, NRAM2GDRAM);""",
        wram=16384,
    )
    assert sim.run(text, a, bt, out, row, device=device) == ""
    want = (a.astype(float) @ b.astype(float) * 2.0**-20).astype(np.float32)
    np.testing.assert_array_equal(out, want)
    np.testing.assert_array_equal(row, want[0])


def test_filters_by_strided_copies(sim):
    """Filter f goes to bank f % 64 with a stride of one bank."""
    rng = np.random.default_rng(6)
    x = rng.standard_normal((4, 4, 32)).astype(np.float32)
    k = rng.standard_normal((64, 1, 1, 32)).astype(np.float32)
    out = np.zeros((4, 4, 64), np.float32)
    text = kernel(
        "float *x, float *f, float *z",
        f"""  __memcpy(nram, x, 2048, GDRAM2NRAM);
  __memcpy(wram, f, 128, GDRAM2WRAM, {BANK["mtp_592"]}, 128, 63);
  __bang_conv((float *)(nram + 4096), (float *)nram, (float *)wram, 32, 4, 4, 1, 1, 1, 1, 64);
  __memcpy(z, nram + 4096, 4096, NRAM2GDRAM);""",
        wram=8192,
    )
    assert sim.run(text, x, k, out, device="mtp_592") == ""
    np.testing.assert_allclose(out, conv_reference(x, k, 1, 1), rtol=6.1e-8, atol=1e-9)


def run_nram(sim, out, call, *inputs, device="mtp_270", ctype="float"):
    """Inputs at nram + 0, 65536, 131072, the result at nram + 196608."""
    names = "xyw"[: len(inputs)]
    params = ", ".join(f"void *{n}" for n in names) + ", void *z"
    loads = "\n".join(
        f"  __memcpy(nram + {65536 * i}, {n}, {a.nbytes}, GDRAM2NRAM);" for i, (n, a) in enumerate(zip(names, inputs))
    )
    text = kernel(
        params,
        f"""  typedef {ctype} T;
  T *a = (T *)nram, *b = (T *)(nram + 65536), *d = (T *)(nram + 196608);
  (void)b;
{loads}
  {call}
  __memcpy(z, d, {out.nbytes}, NRAM2GDRAM);""",
    )
    return sim.run(text, *inputs, out, device=device)


def windows(x, kh, kw, sh, sw):
    oh, ow = (x.shape[0] - kh) // sh + 1, (x.shape[1] - kw) // sw + 1
    return np.stack([x[i::sh, j::sw][:oh, :ow] for i in range(kh) for j in range(kw)]).astype(float)


@pytest.mark.parametrize("kind", ["max", "min", "sum", "avg"])
@pytest.mark.parametrize("dtype,ctype", [(np.float32, "float"), (np.float16, "half")])
@pytest.mark.parametrize("kh,kw,sh,sw", [(3, 3, 2, 2), (2, 3, 1, 2), (9, 8, 1, 1)])
def test_pools(sim, kind, dtype, ctype, kh, kw, sh, sw):
    x = np.random.default_rng(7).standard_normal((9, 8, 64)).astype(dtype)
    stack = windows(x, kh, kw, sh, sw)
    want = {"max": np.max, "min": np.min, "sum": np.sum, "avg": np.mean}[kind](stack, axis=0)
    out = np.zeros(want.shape, dtype)
    assert run_nram(sim, out, f"__bang_{kind}pool(d, a, 64, 9, 8, {kh}, {kw}, {sw}, {sh});", x, ctype=ctype) == ""
    np.testing.assert_allclose(out, want, rtol=1e-3 if dtype == np.float16 else 6e-8)


def test_pool_index_and_backward(sim):
    x = np.random.default_rng(8).integers(0, 5, (6, 6, 32)).astype(np.float32)
    stack = windows(x, 3, 3, 3, 3)
    index = np.zeros((2, 2, 32), np.uint32)
    assert run_nram(sim, index, "__bang_maxpool_index((unsigned *)d, a, 32, 6, 6, 3, 3, 3, 3);", x) == ""
    np.testing.assert_array_equal(index, stack.argmax(0))  # the first extreme
    g = np.random.default_rng(9).standard_normal((2, 2, 32)).astype(np.float32)
    out = np.zeros((6, 6, 32), np.float32)
    assert run_nram(sim, out, "__bang_maxpool_bp(d, a, (unsigned *)b, 32, 6, 6, 3, 3, 3, 3);", g, index) == ""
    want = np.zeros((6, 6, 32), np.float32)
    for y, xx, c in np.ndindex(2, 2, 32):
        k = index[y, xx, c]
        want[y * 3 + k // 3, xx * 3 + k % 3, c] = g[y, xx, c]
    np.testing.assert_array_equal(out, want)


LAYOUTS = {
    "__bang_transpose(d, a, 32, 64)": lambda x: x.reshape(32, 64).T,
    "__bang_reshape_nhwc2nchw(d, a, 2, 4, 8, 32)": lambda x: x.reshape(2, 4, 8, 32).transpose(0, 3, 1, 2),
    "__bang_reshape_nchw2nhwc(d, a, 2, 32, 4, 8)": None,
    "__bang_mirror(d, a, 32, 64)": lambda x: x.reshape(32, 64)[:, ::-1],
    "__bang_rotate90(d, a, 32, 64)": lambda x: np.rot90(x.reshape(32, 64), -1),
    "__bang_rotate180(d, a, 32, 64)": lambda x: np.rot90(x.reshape(32, 64), 2),
    "__bang_rotate270(d, a, 32, 64)": lambda x: np.rot90(x.reshape(32, 64), 1),
    "__bang_pad(d, a, 32, 8, 8, 1, 2, 3, 0)": lambda x: np.pad(x.reshape(8, 8, 32), ((1, 2), (3, 0), (0, 0))),
}


@pytest.mark.parametrize("call", LAYOUTS)
@pytest.mark.parametrize("dtype,ctype", [(np.float32, "float"), (np.int16, "int16_t")])
def test_layouts(sim, call, dtype, ctype):
    x = np.random.default_rng(10).integers(-999, 999, 4096 if "n" in call[:16] and "hw" in call else 2048).astype(dtype)
    reference = LAYOUTS[call]
    if reference is None:  # sizes follow the source: n, h, w, c of the NHWC result
        call, reference = (
            "__bang_reshape_nchw2nhwc(d, a, 1, 8, 8, 32)",
            lambda v: v.reshape(1, 32, 8, 8).transpose(0, 2, 3, 1),
        )
        x = x[:2048].copy()
    if "nhwc2nchw" in call:
        x, call = x[:2048].copy(), call.replace("2, 4, 8, 32", "1, 8, 8, 32")
        reference = lambda v: v.reshape(1, 8, 8, 32).transpose(0, 3, 1, 2)  # noqa: E731
    if ctype == "int16_t" and "rotate" in call:  # 2xx: whole 128-byte rows
        call, shape = call.replace("32, 64", "64, 64"), (64, 64)
        x = np.resize(x, 4096)
        turns = {"90": -1, "180": 2, "270": 1}[call[len("__bang_rotate") : call.index("(")]]
        reference = lambda v: np.rot90(v.reshape(shape), turns)  # noqa: E731
    want = np.ascontiguousarray(reference(x))
    out = np.zeros(want.shape, dtype)
    if ctype == "int16_t" and "pad" in call:
        call = call.replace("32, 8, 8, 1, 2, 3, 0", "64, 8, 4, 1, 2, 3, 0")
        want = np.pad(x.reshape(8, 4, 64), ((1, 2), (3, 0), (0, 0)))
        out = np.zeros(want.shape, dtype)
    assert run_nram(sim, out, call + ";", x, ctype=ctype) == ""
    np.testing.assert_array_equal(out, want)


@pytest.mark.parametrize("device", ["mtp_270", "mtp_372"])
def test_reduce_sum(sim, device):
    x = np.random.default_rng(11).standard_normal(256).astype(np.float32)
    out = np.zeros(256, np.float32)
    call = "__nramset(d, 256, 7.0f); __bang_reduce_sum(d, a, 256);"
    assert run_nram(sim, out, call, x, device=device) == ""
    want = np.full((8, 32), 0 if device == "mtp_270" else 7, np.float32)  # 2xx clears, 3xx keeps
    want[:, 0] = x.reshape(8, 32).astype(float).sum(1)
    np.testing.assert_array_equal(out.reshape(8, 32), want)


@pytest.mark.parametrize(
    "builtin,device,best", [("__bang_max", "mtp_270", np.argmax), ("__bang_argmin", "mtp_372", np.argmin)]
)
def test_extremes_carry_their_index(sim, builtin, device, best):
    x = np.random.default_rng(12).integers(-50, 50, 512).astype(np.float32)
    out = np.zeros(2, np.uint32)
    assert run_nram(sim, out, f"{builtin}(d, a, 512);", x, device=device) == ""
    assert out[:1].view(np.float32)[0] == x[best(x)] and out[1] == best(x)
    h = x.astype(np.float16)
    raw = np.zeros(6, np.uint8)
    assert run_nram(sim, raw, f"{builtin}(d, a, 512);", h, device=device, ctype="half") == ""
    assert raw[:2].view(np.float16)[0] == h[best(h)] and raw[2:6].view(np.uint32)[0] == best(h)


def test_selection(sim):
    rng = np.random.default_rng(13)
    x, m = rng.standard_normal(256).astype(np.float32), (rng.random(256) < 0.3).astype(np.float32)
    packed = x[m != 0]
    out = np.zeros(32 + packed.size, np.float32)
    assert run_nram(sim, out, "__bang_select(d, a, b, 256);", x, m) == ""
    assert out[:1].view(np.uint32)[0] == packed.size
    np.testing.assert_array_equal(out[32:], packed)
    out = np.zeros(packed.size + 1, np.float32)
    call = "unsigned n = __bang_filter(d, a, b, 256); d[n] = (float)__bang_count(b, 256);"
    assert run_nram(sim, out, call, x, m, device="mtp_372") == ""
    np.testing.assert_array_equal(out, [*packed, packed.size])
    out = np.zeros(32, np.uint32)
    assert run_nram(sim, out, "__bang_findfirst1((unsigned *)d, a, 256);", m) == ""
    assert out[0] == np.argmax(m)


def test_maskmove_is_byte_granular(sim):
    rng = np.random.default_rng(14)
    x, bits = rng.integers(0, 255, 1024, dtype=np.uint8), rng.integers(0, 255, 128, dtype=np.uint8)
    out = np.zeros(1024, np.uint8)
    call = "__nramset((void *)d, 1024, (unsigned char)9); __bang_maskmove(d, a, b, 1024);"
    assert run_nram(sim, out, call, x, bits) == ""
    np.testing.assert_array_equal(out, np.where(np.unpackbits(bits, bitorder="little"), x, 9))


def test_strided_copies(sim):
    x = np.arange(4096, dtype=np.int32).reshape(64, 64)
    out = np.zeros((8, 16), np.int32)
    # 8 rows of 16 elements from column 4, rows 3, 5, 7, ...
    call = "__memcpy(d, a + 3 * 64 + 4, 64, NRAM2NRAM, 64, 512, 7);"
    assert run_nram(sim, out, call, x, ctype="int") == ""
    np.testing.assert_array_equal(out, x[3:19:2, 4:20])
    # 3-D: source walks 2 x 4 segments, destination 8 x 1
    call = "__memcpy(d, a, 64, NRAM2NRAM, 64, 7, 0, 0, 256, 1, 1024, 3);"
    assert run_nram(sim, out, call, x, ctype="int", device="mtp_372") == ""
    np.testing.assert_array_equal(out, x[[0, 1, 4, 5, 8, 9, 12, 13], :16])
    with pytest.raises(RuntimeError, match="__memcpy does not take these arguments on mtp_270"):
        run_nram(sim, out, call, x, ctype="int", device="mtp_270")


@pytest.mark.parametrize("dim", [1, 16, 37])
def test_atomic_add_of_all_tasks(sim, dim):
    total = np.zeros(64, np.float32)
    text = kernel(
        "float *z",
        """  float *a = (float *)nram;
  __nramset(a, 64, 2.0f);
  __bang_atomic_add(a + 64, z, a, 64);""",
    )
    for sanitize in (0, 2):
        total[:] = 0
        assert sim.run(text, total, dim=(dim, 1, 1), sanitize=sanitize) == ""
        assert set(total) == {2.0 * dim}


def test_the_way_through_every_memory_of_a_core(sim):
    x = np.random.default_rng(15).integers(0, 255, 4096, dtype=np.uint8)
    text = """#include <bang.h>
__nram__ int8_t nram[16384];
__wram__ int8_t wram[8192];
__ldram__ int8_t ldram[8192];
extern "C" __mlu_global__ void k(int8_t *x, int8_t *y, int8_t *z) {
  __memcpy(y, x, 4096, GDRAM2GDRAM);
  __memcpy(ldram, y, 4096, GDRAM2LDRAM);
  __memcpy(ldram + 4096, ldram, 4096, LDRAM2LDRAM);
  __memcpy(wram, ldram + 4096, 4096, LDRAM2WRAM);
  __memcpy(nram, wram, 4096, WRAM2NRAM);
  __memcpy(nram + 4096, nram, 4096, NRAM2NRAM);
  __memcpy(wram + 64, nram + 4096, 4096, NRAM2WRAM);
  __memcpy(ldram, wram + 64, 4096, WRAM2LDRAM);
  __memcpy(nram + 8192, ldram, 4096, LDRAM2NRAM);
  __memcpy(wram, nram + 8192, 4096, NRAM2WRAM);
  __memcpy(z, wram, 4096, WRAM2GDRAM);
}
"""
    y, z = np.zeros_like(x), np.zeros_like(x)
    for sanitize in (0, 2):
        assert sim.run(text, x, y, z, sanitize=sanitize) == ""
        np.testing.assert_array_equal(y, x)
        np.testing.assert_array_equal(z, x)


@pytest.mark.parametrize("device", ["mtp_270", "mtp_372", "mtp_592"])
def test_pools_of_special_values(sim, device):
    """A NaN in the first place stays on 2xx and 3xx, elsewhere numbers win; on 2xx only sums saturate."""
    windows = np.array(
        [[np.nan, 1, 2], [1, np.nan, 2], [1, np.inf, 2], [-np.inf, np.nan, -3], [-0.0, 0.0, 0.0]], np.float32
    )
    x = np.zeros((3, 32), np.float32)
    x[:, : len(windows)] = windows.T
    out = np.zeros((4, 32), np.float32)
    text = kernel(
        "float *x, float *z",
        """  float *a = (float *)nram, *c = (float *)(nram + 4096);
  __memcpy(a, x, 384, GDRAM2NRAM);
  __bang_maxpool(c, a, 32, 1, 3, 1, 3, 1, 1);
  __bang_minpool(c + 32, a, 32, 1, 3, 1, 3, 1, 1);
  __bang_sumpool(c + 64, a, 32, 1, 3, 1, 3, 1, 1);
  __bang_maxpool_index((unsigned *)(c + 96), a, 32, 1, 3, 1, 3, 1, 1);
  __memcpy(z, c, 512, NRAM2GDRAM);""",
    )
    assert sim.run(text, x, out, device=device) == ""
    later, top = device == "mtp_592", np.finfo(np.float32).max
    nan = np.nan
    np.testing.assert_array_equal(out[0, :5], np.array([2 if later else nan, 2, np.inf, -3, -0.0], np.float32))
    np.testing.assert_array_equal(out[1, :5], np.array([1 if later else nan, 1, 1, -np.inf, -0.0], np.float32))
    sums = [top, top, top, top, 0] if device == "mtp_270" else [nan, nan, np.inf, nan, 0]
    np.testing.assert_array_equal(np.abs(out[2, :5]), np.array(sums, np.float32))
    np.testing.assert_array_equal(out[3].view(np.uint32)[:5], [2 if later else 0, 2, 1, 2, 0])

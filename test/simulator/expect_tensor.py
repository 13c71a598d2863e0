"""References of convolutions, products with filters in WRAM, pools, layouts, histograms and prefix sums."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from expect import LARGEST, UNTOUCHED, Form, Trial, edges, is_float, limits, pack, random, reference, rounded, size_of
from test_tensor import bank_image


def values(code: str, n: int, seed: int) -> np.ndarray:
    """Numbers whose sums of products are not all too large: of integers also the limits."""
    x = random(code, n, seed)
    if is_float(code):
        return x
    x[:: max(n // 7, 1)] = limits(code)[0]
    x[3 :: max(n // 5, 1)] = limits(code)[1]
    return x.astype(np.float64)


def image(filters: np.ndarray, code: str) -> np.ndarray:
    """[co][...] as a contiguous copy into WRAM wants it."""
    rows = pack(filters, code).reshape(filters.shape[0], -1)
    return bank_image(rows).ravel()


def result(form: Form, exact: np.ndarray, out: str, args: dict, note: str = "") -> Trial:
    """Rounded once and saturated; to int16 nearest, ties away from zero, never -32768."""
    if not is_float(out):
        near = np.sign(exact) * np.floor(np.abs(exact) + 0.5)
        return Trial(args, pack(np.clip(near, -32767, 32767), out), out, note=note)
    with np.errstate(all="ignore"):
        want = rounded(exact, out)
        if form.is_2xx:
            want = np.clip(want, -LARGEST[out], LARGEST[out])
    finite = np.where(np.isnan(exact), 0, exact)
    return Trial(args, pack(want, out), out, 0.502, finite, note=note)


def truncated(x: np.ndarray, code: str) -> np.ndarray:
    return rounded(x, "tf32", np.trunc) if code == "tf32" else x


@reference(r"__bang_(conv|conv_partial|mlp|matmul)(_tf32)?")
def product(form: Form, match: re.Match) -> Iterator[Trial]:
    """Windows of 2 x 1 over 3 x 4 x 64 with 64 filters; a row, or three of 64 with 64 filters."""
    source, weight, out = form.code("src"), form.code("kernel"), form.code("dst")
    conv = match[1].startswith("conv")
    h, w, kh, kw = (3, 4, 2, 1) if conv else (1 if match[1] == "mlp" else 3, 1, 1, 1)
    rows = 5 if "in_dh" in form or "dilation_h" in form else h
    x = values(source, rows * w * 64, 1).reshape(rows, w, 64)
    k = values(weight, 64 * kh * kw * 64, 2).reshape(64, kh, kw, 64)
    if is_float(source):
        x[0, 0, :2] = np.inf, 0.0
        k[5, 0, 0, 0] = 0.0
    args: dict = {"src": pack(x, source), "kernel": image(k, weight)}
    args |= {"ci": 64, "co": 64, "h": rows, "w": w, "kh": kh, "kw": kw, "m": h, "k": 64, "n": 64}
    x, k = (truncated(v, "tf32" if match[2] else "") for v in (x, k))
    for sh, sw, dh, fix in ((1, 1, 1, -14), (2, 3, 2, -2)):
        if not conv and (sh, sw) != (1, 1):
            sh = sw = 1
        dh = dh if rows == 5 else 1
        with np.errstate(all="ignore"):
            eh = (kh - 1) * dh + 1
            oh, ow = (rows - eh) // sh + 1, (w - kw) // sw + 1
            exact = np.zeros((oh, ow, 64))
            for i in range(kh):
                exact += x[i * dh :: sh, ::sw][:oh, :ow] @ k[:, i, 0].T
            size = size_of(source) + size_of(weight)
            scale = fix - 8 * (size - 2) if "fix_position" in form else 0
            exact *= 2.0**scale
            more = args | {"stride_h": sh, "stride_w": sw, "fix_position": scale, "in_dh": dh, "in_dw": 1}
            more |= {"dilation_h": dh, "dilation_w": 1, "out_dh": 1, "out_dw": 1}
            for extra in ("bias", "partial"):
                if extra in form:
                    addend = values(form.code(extra), 64 if extra == "bias" else exact.size, 3)
                    more[extra] = pack(addend, form.code(extra))
                    exact = exact + (addend if extra == "bias" else addend.reshape(exact.shape))
        more = {n: v for n, v in more.items() if n in form}
        yield result(form, exact.ravel(), out, more, f"strides {sh} {sw}, dilation {dh}, position {scale}")


# ---------------------------------------------------------------------------------------------------------------------
# Pools
# ---------------------------------------------------------------------------------------------------------------------

H, W, C, KH, KW = 5, 6, 64, 3, 2


def best(form: Form, window: np.ndarray, kind: str, nan_wins: bool) -> np.ndarray:
    """Place of the first extreme of [place][pixel]. A NaN in the first place stays before 5xx, or wins anywhere."""
    place = np.zeros(window.shape[1], np.int64)
    for i in range(1, len(window)):
        a, b = window[place, np.arange(place.size)], window[i]
        with np.errstate(invalid="ignore"):
            better = b > a if kind == "max" else b < a
        if nan_wins:
            better = (better | np.isnan(b)) & ~np.isnan(a)
        elif form.arch >= 500:
            better |= np.isnan(a) & ~np.isnan(b)
        place = np.where(better, i, place)
    return place


@reference(r"__bang_(nan_)?(max|min|sum|avg)pool(_index|_value_index)?")
def pool(form: Form, match: re.Match) -> Iterator[Trial]:
    kind, code = match[2], form.code("src")
    x = values(code, H * W * C, 4).reshape(H, W, C)
    x[::2, ::2, 1:9], x[:, :, 0] = 7.0, 3.0  # ties
    x[0, 0, 10], x[1, 1, 11], x[0, 1, 12], x[0, 0, 13] = np.nan, np.nan, np.inf, -np.inf
    x[:, :, 14] = LARGEST[code]
    for sh, sw, dh in ((2, 2, 1), (1, 1, 2)) if "stride_h" in form else ((KH, KW, 1),):
        if dh > 1 and "in_dh" not in form or "value_index_stride" in form and sw == 1 and dh > 1 and form.arch < 300:
            continue
        eh = (KH - 1) * dh + 1
        oh, ow = (H - eh) // sh + 1, (W - KW) // sw + 1
        window = np.stack([x[i * dh :: sh, j::sw][:oh, :ow].ravel() for i in range(KH) for j in range(KW)])
        args: dict = {"src": pack(x, code), "c": C, "h": H, "w": W, "kh": KH, "kw": KW, "stride_h": sh, "stride_w": sw}
        args |= {"in_dh": dh, "in_dw": 1, "out_dh": 1, "out_dw": 1}
        note = f"strides {sh} {sw}, dilation {dh}"
        if kind in ("sum", "avg"):
            with np.errstate(all="ignore"):
                exact = window.sum(axis=0) / (len(window) if kind == "avg" else 1)
                want = rounded(exact, code)
                if form.is_2xx:
                    sign = np.where(np.isnan(window).any(axis=0), 1.0, want)
                    want = np.copysign(np.where(np.abs(want) <= LARGEST[code], np.abs(want), LARGEST[code]), sign)
            args = {k: v for k, v in args.items() if k in form}
            yield Trial(args, pack(want, code), code, 0.502, np.where(np.isnan(exact), 0, exact), note=note)
            continue
        place = best(form, window, kind, bool(match[1]))
        value = pack(window[place, np.arange(place.size)], code)
        index_code = "u32" if size_of(code) == 4 else "u16"
        if match[3] == "_value_index":
            args["value_index_stride"] = value.size + 64
            gap = np.full(64, UNTOUCHED, np.uint8)
            want, code_ = np.concatenate([value, gap, pack(place, index_code)]), code
        else:
            want, code_ = (value, code) if not match[3] else (pack(place, index_code), index_code)
        yield Trial({k: v for k, v in args.items() if k in form}, want, code_, note=note)


@reference(r"__bang_(max|sum|avg)pool_bp")
def pool_gradient(form: Form, match: re.Match) -> Iterator[Trial]:
    """h and w are of dst; 0: windows that overlap add, 1: the later one covers."""
    kind, code = match[1], form.code("src")
    for overlapping in (0, 1):
        sh, sw = (2, 1) if overlapping == 0 else (KH, KW)
        oh, ow = (H - KH) // sh + 1, (W - KW) // sw + 1
        grad = np.round(values(code, oh * ow * C, 5)).reshape(oh, ow, C) * (KH * KW)  # its parts are exact
        index = np.random.default_rng(6).integers(0, KH * KW, (oh, ow, C))
        want = np.zeros((H, W, C))
        for y in range(oh):
            for p in range(ow):
                for k in range(KH * KW):
                    part = np.where(index[y, p] == k, grad[y, p], 0) if kind == "max" else grad[y, p]
                    part = part / (KH * KW) if kind == "avg" else part
                    want[y * sh + k // KW, p * sw + k % KW] += part
        args: dict = {
            "src": pack(grad, code),
            "c": C,
            "h": H,
            "w": W,
            "kh": KH,
            "kw": KW,
            "stride_h": sh,
            "stride_w": sw,
        }
        args["overlapping"] = overlapping
        if "index" in form:
            args["index"] = pack(index, form.code("index"))
        yield result(form, want.ravel(), code, args, f"overlapping {overlapping}")


@reference("__bang_unpool")
def unpool(form: Form, match: re.Match) -> Iterator[Trial]:
    code = form.code("src")
    small = values(code, 2 * 2 * C, 7).reshape(2, 2, C)
    want = np.full((5 * 5 * C, size_of(code)), UNTOUCHED, np.uint8).reshape(5, 5, -1)
    for y in range(2):
        for p in range(2):
            want[y * 3 : y * 3 + 2, p * 3 : p * 3 + 2] = 0
            want[y * 3, p * 3 + 1] = pack(small[y, p], code)
    args = {
        "src": pack(small, code),
        "c": C,
        "h": 5,
        "w": 5,
        "kh": 2,
        "kw": 2,
        "stride_w": 3,
        "stride_h": 3,
        "index": 1,
    }
    yield Trial(args, want.ravel())


# ---------------------------------------------------------------------------------------------------------------------
# Layouts
# ---------------------------------------------------------------------------------------------------------------------

IMAGES = {
    "transpose": lambda x: x.swapaxes(0, 1),
    "mirror": lambda x: x[:, ::-1],
    "rotate90": lambda x: np.rot90(x, -1),
    "rotate180": lambda x: np.rot90(x, 2),
    "rotate270": lambda x: np.rot90(x, 1),
}


def bytes_of(shape: tuple[int, ...], size: int) -> np.ndarray:
    total = int(np.prod(shape)) * size
    return np.random.default_rng(total).integers(0, 256, total).astype(np.uint8).reshape(*shape, size)


@reference(r"__bang_(transpose|mirror|rotate90|rotate180|rotate270)")
def images(form: Form, match: re.Match) -> Iterator[Trial]:
    size = size_of(form.code("src"))
    h = 128 // size
    x = bytes_of((h, h * (1 if size == 1 else 2)), size)
    yield Trial({"src": x.ravel(), "h": h, "w": x.shape[1]}, IMAGES[match[1]](x).ravel())


@reference(r"__bang_reshape_(nhwc2nchw|nchw2nhwc)")
def reshape(form: Form, match: re.Match) -> Iterator[Trial]:
    size = size_of(form.code("src"))
    n, h, w, c = 2, 2, 32 // size, 128 // size
    if match[1] == "nhwc2nchw":
        x = bytes_of((n, h, w, c), size)
        want = x.transpose(0, 3, 1, 2, 4)
    else:
        x = bytes_of((n, c, h, w), size)
        want = x.transpose(0, 2, 3, 1, 4)
    yield Trial({"src": x.ravel(), "n": n, "h": h, "w": w, "c": c}, want.ravel())


@reference("__bang_reshape_filter")
def reshape_filter(form: Form, match: re.Match) -> Iterator[Trial]:
    size = size_of(form.code("src"))
    x = bytes_of((128, 2, 1, 64 // size), size)
    want = x.reshape(2, 64, -1).swapaxes(0, 1)
    yield Trial({"src": x.ravel(), "n": 128, "h": 2, "w": 1, "c": 64 // size}, want.ravel())


@reference("__bang_pad")
def pad(form: Form, match: re.Match) -> Iterator[Trial]:
    code = form.code("src")
    size = size_of(code)
    c, h, w = 128 // size, 3, 4
    x = bytes_of((h, w, c), size)
    top, bottom, left, right = (1, 2, 2, 1) if "top" in form else (1, 1, 2, 2)
    for value in edges(code)[[2, 4, 5]] if "value" in form else (0,):
        want = np.empty((h + top + bottom, w + left + right, c, size), np.uint8)
        want[:] = pack(np.array([value]), code)
        want[top : top + h, left : left + w] = x
        args = {"src": x.ravel(), "c": c, "h": h, "w": w, "top": top, "bottom": bottom, "left": left, "right": right}
        args |= {"pad_h": 1, "pad_w": 2, "value": value}
        yield Trial({k: v for k, v in args.items() if k in form}, want.ravel(), note=f"with {value}")


# ---------------------------------------------------------------------------------------------------------------------
# Through a matrix in WRAM
# ---------------------------------------------------------------------------------------------------------------------


@reference("__bang_histogram")
def histogram(form: Form, match: re.Match) -> Iterator[Trial]:
    code, out = form.code("src"), form.code("dst")
    row = 64 // size_of(code)
    looked = np.random.default_rng(8).permutation(100)[:64]
    src = np.random.default_rng(9).integers(0, 100, 256)
    src[:100] = looked[3]
    counts = np.array([(src == v).sum() for v in looked])
    yield Trial(
        {"src": pack(src, code), "kernel": pack(np.repeat(looked, row), code), "n": 256}, pack(counts, out), out
    )


@reference("__bang_integral")
def integral(form: Form, match: re.Match) -> Iterator[Trial]:
    code, out = form.code("src"), form.code("dst")
    row = 64 // size_of(code)
    lower = np.zeros((4096 // 64, row))
    lower[:row] = np.tril(np.ones((row, row)))
    src = np.random.default_rng(10).integers(-3, 4, 4 * row)
    args = {"src": pack(src, code), "kernel": pack(lower, code), "n": src.size, "fix_position": -2}
    exact = np.cumsum(src) * (0.25 if "fix_position" in form else 1.0)
    yield Trial({k: v for k, v in args.items() if k in form}, pack(exact, out), out)


@reference(r"__bang_expand_channel_mul(_add)?")
def expand_channel(form: Form, match: re.Match) -> Iterator[Trial]:
    code, n, channels = form.code("src"), 6, 64
    weight, kernel = values(code, n, 11), values(code, channels, 12)
    src, add = values(code, n * channels, 13), values(code, n * channels, 14)
    rows = np.zeros((channels, 64 // size_of(code)))
    rows[:, 0] = kernel
    exact = weight[:, None] * kernel * src.reshape(n, channels)
    if match[1]:
        exact = exact + add.reshape(n, channels)
    args = {"weight": pack(weight, code), "ones": pack(rows, code), "src": pack(src, code), "add": pack(add, code)}
    args |= {"n": n, "channels": channels}
    yield result(form, exact.ravel(), code, {k: v for k, v in args.items() if k in form})

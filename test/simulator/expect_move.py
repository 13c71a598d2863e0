"""References of copies, fills, gathers, look-ups and other movements."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from expect import NOTHING, SLOT, UNTOUCHED, Form, Trial, edges, line, pack, pairs, random, reference

DIRECTION = {"gdram2nram": 0, "nram2gdram": 1, "nram2nram": 8, "ldram2nram": 2, "nram2ldram": 3}
RNG = np.random.default_rng(11)


def noise(bytes_: int) -> np.ndarray:
    return np.random.default_rng(bytes_).integers(0, 256, bytes_).astype(np.uint8)


@reference(r"__memcpy(_async)?|__bang_move|__memcpy_nram_to_nram")
def copy(form: Form, match: re.Match) -> Iterator[Trial]:
    """From NRAM to NRAM; the other directions are in test_tensor.py and test_union.py."""
    size, source = 128, noise(4096)
    args = {"src": source, "size": size, "dir": DIRECTION["nram2nram"]}
    if "dst_stride0" in form:  # 2 x 3 segments to 6 x 1
        args |= {"dst_stride0": 256, "dst_segments1": 5, "dst_stride1": 0, "dst_segments2": 0}
        args |= {"src_stride0": 128, "src_segments1": 1, "src_stride1": 512, "src_segments2": 2}
        starts, step, count = [0, 128, 512, 640, 1024, 1152], 256, 6
    elif "dst_stride" in form:
        args |= {"dst_stride": 256, "src_stride": 384, "segments": 4, "count": 5}
        starts, step, count = [384 * i for i in range(5)], 256, 5
    else:
        yield Trial(args, source[:size])
        return
    want = np.full(step * count, UNTOUCHED, np.uint8)
    for i, at in enumerate(starts):
        want[i * step :][:size] = source[at : at + size]
    yield Trial({k: v for k, v in args.items() if k in form}, want)


@reference(r"__(nram|gdram|ldram|sram)set(_async|_\w+)?|__memset_nram(_async)?|__bang_write_(value|zero)")
def fill(form: Form, match: re.Match) -> Iterator[Trial]:
    code = form.code("value") if "value" in form else form.code("dst")
    n = 128
    for value in edges(code)[[0, 1, 2, 4, 5, 6]] if "value" in form else (0,):
        run = pack(np.full(n, value), code)
        args: dict = {"n": n, "value": value}
        want = run
        if "stride" in form or "stride0" in form:
            args |= {"stride": 2 * run.size, "segments": 2}
            args |= {"stride0": 2 * run.size, "segments1": 1, "stride1": 5 * run.size, "segments2": 1}
            starts = [0, 2 * run.size, 4 * run.size] if "stride" in form else [0, 2, 5, 7]
            starts = starts if "stride" in form else [k * run.size for k in starts]
            want = np.full(max(starts) + run.size, UNTOUCHED, np.uint8)
            for at in starts:
                want[at:][: run.size] = run
        yield Trial({k: v for k, v in args.items() if k in form}, want, code, note=f"of {value}")


@reference(r"__(load|store)_(gdram|ldram|nram|sram)")
def element(form: Form, match: re.Match) -> Iterator[Trial]:
    code = form.code("src" if match[1] == "load" else "dst")
    for value in edges(code)[:6]:
        raw = pack(np.array([value]), code)
        if match[1] == "load":
            yield Trial({"src": raw}, NOTHING, code, returned=raw, note=f"of {value}")
        else:
            yield Trial({"value": value}, raw, code, note=f"of {value}")


@reference(r"__is_(dram|nram|sram|wram)")
def space(form: Form, match: re.Match) -> Iterator[Trial]:
    for k, name in enumerate(("dram", "nram", "wram", "sram")):
        yield Trial({"ptr": k}, NOTHING, returned=np.array([name == match[1]], np.uint8), note=name)


@reference("__popcnt")
def bits(form: Form, match: re.Match) -> Iterator[Trial]:
    code = form.code("a")
    for value in line(code, 24):
        yield Trial({"a": value}, NOTHING, code, returned=pack(np.array([int(value).bit_count()]), code))


@reference(r"__(?:bang_)?(gather|scatter)(_async)?")
def discrete(form: Form, match: re.Match) -> Iterator[Trial]:
    size, count, stride = 4, 40, 8
    at = (np.random.default_rng(5).permutation(63)[:count] * 4).astype(np.int64)
    chosen = np.random.default_rng(6).random(count) < 0.5 if "mask" in form else np.ones(count, bool)
    mask = np.packbits(chosen, bitorder="little")
    source = noise(1024)
    args = {
        "src": source,
        "offset": pack(at, form.code("offset")),
        "mask": mask,
        "size": size,
        "stride": stride,
        "count": count,
    }
    args["dir"] = DIRECTION["gdram2nram" if form.space("src") == "gdram" else "nram2nram"]
    gather = match[1] == "gather"
    want = np.full(stride * (count - 1) + size if gather else 256, UNTOUCHED, np.uint8)
    for i in np.flatnonzero(chosen):
        here, there = (i * stride, at[i]) if gather else (at[i], i * stride)
        want[here : here + size] = source[there : there + size]
    yield Trial({k: v for k, v in args.items() if k in form}, want)


@reference(r"__extension(_async)?")
def extension(form: Form, match: re.Match) -> Iterator[Trial]:
    times = np.array([1, 0, 3, 255, 2], np.uint8)
    for size in (1, 2, 4):
        items = noise(times.size * size).reshape(-1, size)
        args = {"src": items.ravel(), "repeat": times, "size": size, "dir": DIRECTION["nram2nram"], "count": times.size}
        yield Trial(args, np.repeat(items, times, axis=0).ravel(), note=f"of {size} bytes")


@reference("__bang_maskmove")
def maskmove(form: Form, match: re.Match) -> Iterator[Trial]:
    source, mask, old = noise(2048), noise(256), noise(2047)[:2047]
    old = np.append(old, np.uint8(7))
    want = np.where(np.unpackbits(mask, bitorder="little").astype(bool), source, old)
    yield Trial({"dst": old, "src": source, "mask": mask, "size": 2048}, want)


@reference("__bang_fcmpfilter")
def compare_filter(form: Form, match: re.Match) -> Iterator[Trial]:
    """The 32-bit number of chosen elements, then these."""
    modes = [np.equal, lambda a, b: (a < b) | (a > b), np.less, np.less_equal, np.greater, np.greater_equal]
    code = form.code("src0")
    a, b = pairs(code)
    for mode, f in enumerate(modes):
        scalar = form.roles["src1"] == "Scalar"
        with np.errstate(all="ignore"):
            chosen = f(a, b[5] if scalar else b)
        head = np.array([chosen.sum()], np.uint32).view(np.uint8)
        args = {"mode": mode, "src0": pack(a, code), "src1": b[5] if scalar else pack(b, code), "n": a.size}
        yield Trial(args, np.concatenate([head, pack(a[chosen], code)]), undefined_behind=True, note=f"mode {mode}")


@reference(r"__bang_(bexpand|breduce)")
def bit_elements(form: Form, match: re.Match) -> Iterator[Trial]:
    shape = {"n": 1, "h": 2, "w": 4, "c": 16}
    if match[1] == "bexpand":
        packed, code = noise(16), form.code("dst")
        yield Trial(shape | {"src": packed}, pack(np.unpackbits(packed, bitorder="little"), code), code)
    else:
        code = form.code("src")
        values = np.where(RNG.random(128) < 0.5, line(code, 128), 0)
        yield Trial(shape | {"src": pack(values, code)}, np.packbits(values != 0, bitorder="little"))


@reference("__bang_incseq")
def sequence(form: Form, match: re.Match) -> Iterator[Trial]:
    yield Trial({"n": 500}, pack(np.arange(500), form.code("dst")))


@reference(r"__bang_lut(_s16|_s32)?")
def look_up(form: Form, match: re.Match) -> Iterator[Trial]:
    """An index behind the table leaves the element as it was."""
    code, index_code, entries = form.code("dst"), form.code("index"), 64
    table = random(code, entries, 7)
    index = np.resize(np.array([0, 63, 5, 62, 2, 2, 64, 100]), 128)
    old = pack(np.arange(128), code).reshape(128, -1)
    want = old.copy()
    inside = index < entries
    want[inside] = pack(table[index[inside]], code).reshape(-1, old.shape[1])
    args = {
        "dst": old.ravel(),
        "index": pack(index, index_code),
        "table": pack(table, code),
        "n": 128,
        "table_n": entries,
    }
    yield Trial(args, want.ravel(), code)


@reference(r"__bang_tiling_2d_b(\d+)")
def tiling(form: Form, match: re.Match) -> Iterator[Trial]:
    """A square of elements transposed between every second row of 64 bytes and every third."""
    bits_ = int(match[1])
    rows = 512 // bits_
    source, old = noise(rows * 128), np.full(rows * 192, UNTOUCHED, np.uint8)
    units = source.reshape(rows, 2, rows, bits_ // 8)[:, 0]
    want = old.reshape(rows, 3, rows, bits_ // 8).copy()
    want[:, 0] = units.transpose(1, 0, 2)
    half = max(rows // 2, 1)
    args = {"n2": half, "s2": 4, "n1": 2, "s1": 2, "n7": half, "s7": 6, "n6": 2, "s6": 3}
    yield Trial(args | {"src": source}, want.ravel())


@reference("__bang_tiling_3d_b1024")
def tiling_3d(form: Form, match: re.Match) -> Iterator[Trial]:
    source = noise(3 * 4 * 128)
    want = source.reshape(3, 4, 128).transpose(1, 0, 2).ravel()  # units of a 3 x 4 grid, column by column
    loops = {
        "n5": 1,
        "s5": 0,
        "n4": 4,
        "s4": 2,
        "n3": 3,
        "s3": 8,
        "n10": 1,
        "s10": 0,
        "n9": 4,
        "s9": 6,
        "n8": 3,
        "s8": 2,
        "op": 1,
    }
    yield Trial(loops | {"src": source}, want)


assert SLOT >= 16384  # what the references assume

"""References of reductions, searches and selections."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from expect import COUNT, LARGEST, NOTHING, UNTOUCHED, Form, Trial, line, pack, random, reference, rounded, size_of
from expect_vector import saturated


@reference("__bang_reduce_sum")
def reduce_sum(form: Form, match: re.Match) -> Iterator[Trial]:
    code = form.code("src")
    x, width = random(code, COUNT), 128 // size_of(code)
    x[:width] = LARGEST[code]
    x[width + 1], x[2 * width + 3] = np.nan, -np.inf
    with np.errstate(all="ignore"):
        total = x.reshape(-1, width).sum(axis=1)
    kept = np.full(x.size * size_of(code), 0 if form.is_2xx else UNTOUCHED, np.uint8).reshape(len(total), -1)
    rows = x.reshape(-1, width)
    first_nan = np.where(np.isnan(rows).any(axis=1), np.nan, 0)
    kept[:, : size_of(code)] = pack(saturated(form, code, rounded(total, code), first_nan), code).reshape(
        len(total), -1
    )
    yield Trial({"src": pack(x, code), "n": x.size}, kept.ravel(), code)


@reference("__bang_sum")
def total(form: Form, match: re.Match) -> Iterator[Trial]:
    code = form.code("src")
    for x in (
        random(code, COUNT),
        np.array([1.0, np.inf, 2.0]),
        np.array([np.inf, -np.inf]),
        np.full(3, LARGEST[code]),
    ):
        with np.errstate(all="ignore"):
            want = pack(rounded(np.array([x.sum()]), code), code)
            yield Trial({"src": pack(x, code), "n": x.size}, NOTHING, code, returned=want)


EXTREME = {"max": np.argmax, "min": np.argmin}


@reference(r"__bang_(arg|fabs|nan_arg|)(max|min)")
def extreme(form: Form, match: re.Match) -> Iterator[Trial]:
    """The first of several that are equal; the index in 32 bits follows the value."""
    code = form.code("src")
    for x in (
        random(code, COUNT),
        np.resize(np.array([3.0, -0.0, 7, -9, 7, -9, 0.0]), 128),
        np.array([-np.inf, 1, np.inf] * 128),
    ):
        looked = np.abs(x) if match[1] == "fabs" else x
        place = int(EXTREME[match[2]](looked))
        if match[1] == "nan_arg":
            looked[[5, 77]], place = np.nan, 5
        index = np.array([place], np.uint32).view(np.uint8)
        behind = np.zeros(4 if match[1] == "fabs" else 0, np.uint8)
        yield Trial({"src": pack(x, code), "n": x.size}, np.concatenate([pack(looked[[place]], code), index, behind]))


def sparse(code: str) -> np.ndarray:
    x = np.where(np.random.default_rng(4).random(COUNT) < 0.3, line(code), 0)
    x[-1] = 0
    return x


@reference(r"__bang_(count|findfirst1|findlast1|popcnt|count_bitindex)")
def counting(form: Form, match: re.Match) -> Iterator[Trial]:
    code = form.code("src")
    for x in (sparse(code), np.zeros(COUNT), np.ones(COUNT)):
        places = np.flatnonzero(x)
        if "popcnt" in match[1] or "bitindex" in match[1]:
            result = int(np.unpackbits(pack(x, code)).sum())
        elif match[1] == "count":
            result = places.size
        else:
            result = int(places[0 if "first" in match[1] else -1]) if places.size else 0xFFFFFFFF
        want = np.array([result], np.uint32).view(np.uint8)
        if "dst" in form and form.is_2xx:
            want = np.concatenate([want, np.zeros(124, np.uint8)])
        args = {"src": pack(x, code), "n": COUNT}
        yield Trial(args, want, "u32") if "dst" in form else Trial(args, NOTHING, "u32", returned=want)


@reference(r"__bang_(select|collect|filter|maskmove(?=_bitindex))(_bitindex)?")
def packing(form: Form, match: re.Match) -> Iterator[Trial]:
    code = form.code("src")
    x = line(code)
    mask = sparse("f32") != 0
    picked = pack(x[mask], code)
    if match[1] == "select":
        head = np.zeros(128, np.uint8)
        head[:4] = np.array([mask.sum()], np.uint32).view(np.uint8)
        picked = np.concatenate([head, picked])
    args = {"src": pack(x, code), "n": COUNT}
    if match[2]:
        args["bits"] = np.packbits(mask, bitorder="little")
    else:
        values = line(code, COUNT, 3)
        args["index" if "index" in form else "mask"] = pack(
            np.where(mask, np.where(values == 0, 1.0, values), 0.0), code
        )
    number = np.array([mask.sum()], np.uint32).view(np.uint8) if form.overload.result != "void" else None
    yield Trial(args, picked, returned=number, undefined_behind=True)

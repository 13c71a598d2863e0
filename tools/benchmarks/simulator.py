"""Host speed of the simulator: builtins in the loop that a kernel runs them in, against NumPy on one thread.

Element-wise rows: 16 Mi floats, copied to NRAM in pieces of 64 KB, the builtin, copied back. Columns: NumPy's time on
one thread; the ratio NumPy's / the simulator's with one task (one host thread), with as many tasks as the host has
processors, and with the sanitizer on (one thread). Matrix rows compare with float32 `a @ b` of the same size and one
BLAS thread. Times of one thread are processor times; those of all threads are wall-clock times.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from rich.console import Console
from rich.table import Table

from .device import Device, best

COUNT = 1 << 24
REPEAT = 5

LOOP = """#include <bang.h>
__nram__ T a[32768 / sizeof(T) * 2], b[32768 / sizeof(T) * 2], c[32768 / sizeof(T) * 2];
extern "C" __mlu_global__ void k(T *x, T *y, T *z, int n) {
  const int C = 65536 / sizeof(T);
  int per = n / taskDim;
  for (int i = taskId * per; i < (taskId + 1) * per; i += C) {
    __memcpy(a, x + i, C * sizeof(T), GDRAM2NRAM);
    LOAD_Y;
    BUILTIN;
    __memcpy(z + i, RESULT, C * sizeof(T), NRAM2GDRAM);
  }
}
"""

# Name, builtin call, NumPy's statement; x in [-4, 4), y in [0.5, 4.5); those of POSITIVE get y as x.
POSITIVE = ("log", "sqrt", "recip")
ELEMENTWISE = [
    ("add", "__bang_add(c, a, b, C)", lambda x, y, z: np.add(x, y, out=z)),
    ("mul", "__bang_mul(c, a, b, C)", lambda x, y, z: np.multiply(x, y, out=z)),
    ("maxequal", "__bang_maxequal(c, a, b, C)", lambda x, y, z: np.maximum(x, y, out=z)),
    ("ge", "__bang_ge(c, a, b, C)", lambda x, y, z: np.greater_equal(x, y, out=z)),
    ("add_scalar", "__bang_add_scalar(c, a, 1.5f, C)", lambda x, y, z: np.add(x, np.float32(1.5), out=z)),
    ("relu", "__bang_active_relu(c, a, C)", lambda x, y, z: np.maximum(x, np.float32(0), out=z)),
    ("abs", "__bang_active_abs(c, a, C)", lambda x, y, z: np.abs(x, out=z)),
    ("square", "__bang_square(c, a, C)", lambda x, y, z: np.square(x, out=z)),
]


def _sigmoid(x, y, z):
    np.negative(x, out=z)
    np.exp(z, out=z)
    np.add(z, np.float32(1), out=z)
    np.reciprocal(z, out=z)


def _gelu(x, y, z):  # NumPy has no erf: the usual formula with tanh
    np.multiply(x, x, out=z)
    np.multiply(z, np.float32(0.044715), out=z)
    np.add(z, np.float32(1), out=z)
    np.multiply(z, x, out=z)
    np.multiply(z, np.float32(0.7978845608), out=z)
    np.tanh(z, out=z)
    np.add(z, np.float32(1), out=z)
    np.multiply(z, x, out=z)
    np.multiply(z, np.float32(0.5), out=z)


ACTIVATIONS = [
    ("exp", "__bang_active_exp(c, a, C)", lambda x, y, z: np.exp(x, out=z)),
    ("log", "__bang_active_log(c, a, C)", lambda x, y, z: np.log(x, out=z)),
    ("sigmoid", "__bang_active_sigmoid(c, a, C)", _sigmoid),
    ("tanh", "__bang_active_tanh(c, a, C)", lambda x, y, z: np.tanh(x, out=z)),
    ("gelu", "__bang_active_gelu(c, a, C)", _gelu),
    ("sin", "__bang_active_sin(c, a, C)", lambda x, y, z: np.sin(x, out=z)),
    ("cos", "__bang_active_cos(c, a, C)", lambda x, y, z: np.cos(x, out=z)),
    ("exp2", "__bang_pow2(c, a, C)", lambda x, y, z: np.exp2(x, out=z)),
    ("sqrt", "__bang_active_sqrt(c, a, C)", lambda x, y, z: np.sqrt(x, out=z)),
    ("recip", "__bang_active_recip(c, a, C)", lambda x, y, z: np.reciprocal(x, out=z)),
]

# One multiplication of M x K by K x N, repeated in the kernel; the filters lie in WRAM as after a copy.
MATRIX = """#include <bang.h>
constexpr int SHAPE;
__nram__ S a[M * K];
__nram__ D c[M * N];
__wram__ S w[N * K];
extern "C" __mlu_global__ void k(S *x, S *y, D *z, int n) {
  __memcpy(a, x, sizeof(a), GDRAM2NRAM);
  __memcpy(w, y, sizeof(w), GDRAM2WRAM);
  for (int i = 0; i < n; ++i)
    CALL;
  __memcpy(z, c, sizeof(c), NRAM2GDRAM);
}
"""
M, K, N = 256, 256, 256
MATRICES = [
    ("conv int8", np.int8, "int8_t", "half", "__bang_conv(c, a, w, K, 16, M / 16, 1, 1, 1, 1, N, 0)"),
    ("conv int16", np.int16, "int16_t", "half", "__bang_conv(c, a, w, K, 16, M / 16, 1, 1, 1, 1, N, 0)"),
    ("matmul float", np.float32, "float", "float", "__bang_matmul(c, a, w, M, K, N)"),
]


def _products(a: np.ndarray, b: np.ndarray, times: int) -> None:
    for _ in range(times):
        a @ b


def measure(device: Device, numpy: Callable, one: Callable, all_cores: Callable) -> dict[str, float]:
    """Seconds of the best of REPEAT rounds; in turns, so that a busy machine is unfair to all alike."""
    seconds = {"numpy": np.inf, "one": np.inf, "all": np.inf, "checked": np.inf}
    for _ in range(REPEAT):
        seconds["numpy"] = min(seconds["numpy"], best(numpy, 1))
        seconds["one"] = min(seconds["one"], best(one, 1))
        seconds["all"] = min(seconds["all"], best(all_cores, 1, time.perf_counter))
        device.lib.mluSimSetSanitize(2)
        seconds["checked"] = min(seconds["checked"], best(one, 1))
        device.lib.mluSimSetSanitize(0)
    return seconds


def elementwise(device: Device, rows: list, only: str) -> None:
    generator = np.random.default_rng(0)
    x = generator.random(COUNT, np.float32) * 8 - 4
    y = generator.random(COUNT, np.float32) * 4 + np.float32(0.5)
    z = np.zeros_like(x)
    pointers = [device.upload(v) for v in (x, y, z)]
    for group, cases in (("element-wise", ELEMENTWISE), ("activation", ACTIVATIONS)):
        for name, call, numpy in cases:
            if only not in name:
                continue
            text = LOOP.replace("T ", "float ").replace("(T)", "(float)")
            text = text.replace("BUILTIN", call).replace("RESULT", "c")
            reads_y = "b" in call.split("(")[1]
            text = text.replace("LOAD_Y", "__memcpy(b, y + i, C * sizeof(float), GDRAM2NRAM)" if reads_y else "")
            first = 1 if name in POSITIVE else 0
            places = (pointers[first], *pointers[1:])
            launches = [device.launcher(text, tasks, *places, COUNT) for tasks in (1, os.cpu_count() or 1)]
            seconds = measure(device, partial(numpy, (x, y)[first], y, z), *launches)
            np.testing.assert_allclose(device.download(pointers[2], z), z, rtol=2e-3, atol=2e-3)
            rows.append(_row(group, name, seconds))
    device.free(*pointers)


def matrices(device: Device, rows: list, only: str) -> None:
    generator = np.random.default_rng(0)
    for name, dtype, source, result, call in MATRICES:
        if only not in name:
            continue
        a = generator.integers(-100, 100, (M, K)).astype(dtype)
        w = generator.integers(-100, 100, (N, K)).astype(dtype)
        c = np.zeros((M, N), np.float32 if result == "float" else np.float16)
        fa, fw = a.astype(np.float32), np.ascontiguousarray(w.T.astype(np.float32))
        pointers = [device.upload(v) for v in (a, w, c)]
        times = 40
        text = MATRIX.replace("CALL", call).replace("SHAPE", f"M = {M}, K = {K}, N = {N}")
        text = text.replace("S *", source + " *").replace("S a", source + " a").replace("S w", source + " w")
        text = text.replace("D *", result + " *").replace("D c", result + " c")
        launches = [device.launcher(text, tasks, *pointers, times) for tasks in (1, os.cpu_count() or 1)]
        seconds = measure(device, partial(_products, fa, fw, times), *launches)
        seconds["all"] /= os.cpu_count() or 1  # every task does the whole work
        rows.append(_row("matrix", name, seconds) | {"gmac_per_s": M * K * N * times / seconds["one"] * 1e-9})
        device.free(*pointers)


def launches(device: Device, rows: list, only: str) -> None:
    if only not in "empty kernel":
        return
    run = device.launcher('#include <bang.h>\nextern "C" __mlu_global__ void k() {}\n', 16)
    seconds = best(lambda: [run() for _ in range(20)], 100, time.perf_counter) / 20  # its tasks are on all threads
    rows.append({"group": "launch", "name": "empty kernel, 16 tasks", "us": seconds * 1e6})


def _row(group: str, name: str, seconds: dict[str, float]) -> dict:
    return {
        "group": group,
        "name": name,
        "numpy_ms": seconds["numpy"] * 1e3,
        **{f"ratio_{key}": seconds["numpy"] / seconds[key] for key in ("one", "all", "checked")},
    }


def run(only: str) -> list[dict]:
    """Measures and prints; the rows are also returned."""
    device, rows = Device("mtp_372"), []
    elementwise(device, rows, only)
    matrices(device, rows, only)
    launches(device, rows, only)
    host = f"host has {os.cpu_count()} processors"
    table = Table(title=f"simulator against NumPy on one thread, {COUNT >> 20} Mi floats; {host}")
    for column in ("", "NumPy ms", "one thread", "all threads", "sanitizer on"):
        table.add_column(column, justify="left" if not column else "right")
    for row in rows:
        if "us" in row:
            table.add_row(row["name"], f"{row['us']:.1f} µs")
        else:
            ratios = [f"{row[f'ratio_{key}']:.2f}x" for key in ("one", "all", "checked")]
            table.add_row(row["name"], f"{row['numpy_ms']:.1f}", *ratios)
    Console().print(table)
    return rows

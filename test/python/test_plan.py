"""Hand-written BANG C through the toolchain and the runtime, on the simulator, against NumPy."""

import json
import threading

import numpy as np
import pytest

from metabang import MetaBangError, _core
from metabang.plan import Plan
from metabang.runtime import DeviceError

VADD = """#include <bang.h>
#define TILE 1024

extern "C" __mlu_global__ void {name}(float *y, float *a, float *b) {{
  __nram__ float x[TILE];
  __nram__ float z[TILE];
  int share = ({n} + taskDim - 1) / taskDim;
  int end = (taskId + 1) * share < {n} ? (taskId + 1) * share : {n};
  for (int i = taskId * share; i < end; i += TILE) {{ // net.py:12
    int count = end - i < TILE ? end - i : TILE;
    __memcpy(x, a + i, count * sizeof(float), GDRAM2NRAM);
    __memcpy(z, b + i, count * sizeof(float), GDRAM2NRAM);
    __bang_add(x, x, z, TILE);
    __memcpy(y + i, x, count * sizeof(float), NRAM2GDRAM);
  }}
}}
"""


def buffer(kind, shape, dtype="float32", **more):
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return {"bytes": size, "kind": kind, "dtype": dtype, "shape": list(shape), **more}


def add_plan(n=10007, tasks=16, target="mtp_270"):
    """y = (x + w) + x with the first sum in the arena."""
    return {
        "version": 1,
        "target": target,
        "buffers": [
            buffer("input", [n], index=0),
            buffer("constant", [n], index=1),
            buffer("temp", [n], offset=512),
            buffer("output", [n], index=0),
        ],
        "launches": [
            {"kernel": "vadd", "dim": [tasks, 1, 1], "type": "block", "args": [2, 0, 1]},
            {"kernel": "vadd", "dim": [tasks, 1, 1], "type": "block", "args": [3, 2, 0]},
        ],
        "kernels": [{"name": "vadd", "text": VADD.format(name="vadd", n=n), "source": "net.py:12"}],
    }


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("METABANG_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "plan-cache"))


@pytest.fixture
def arrays():
    generator = np.random.default_rng(0)
    return [generator.standard_normal(10007).astype(np.float32) for _ in range(2)]


@pytest.mark.parametrize("target", ["mtp_270", "mtp_372"])
def test_vector_add_from_text_to_result(arrays, target):
    plan = Plan(json.dumps(add_plan(target=target)))
    (y,) = plan.run(arrays)
    x, w = (array.astype(np.float64) for array in arrays)
    assert y.dtype == np.float32 and y.shape == (10007,)
    np.testing.assert_allclose(y, 2 * x + w, rtol=0, atol=1e-6)
    assert plan.target == target and plan.is_modelled
    assert (plan.launch_count, plan.argument_count, plan.arena_bytes) == (2, 2, 512 + 4 * 10007)


def test_times(arrays):
    plan = Plan(json.dumps(add_plan()))
    with pytest.raises(MetaBangError, match=r"profile=True\) first"):
        plan.profile()
    plan.run(arrays, profile=True)
    times = plan.profile()
    assert [(time.kernel, time.source) for time in times] == [("vadd", "net.py:12")] * 2
    assert all(time.us > 0 and time.details["bytes"] > 0 and time.details["bound"] for time in times)
    assert plan.device_time_us == pytest.approx(sum(time.us for time in times), rel=1e-4)
    one_task = Plan(json.dumps(add_plan(tasks=1)))
    one_task.run(arrays)
    assert one_task.device_time_us > plan.device_time_us  # 16 cores share the work


def test_constants_stay_until_they_change(arrays):
    plan = Plan(json.dumps(add_plan()))
    x, w = arrays
    (first,) = plan.run([x, w], versions=[0, 5])
    (second,) = plan.run([x, None], versions=[0, 5])
    np.testing.assert_array_equal(first, second)
    zeros = np.zeros_like(w)
    np.testing.assert_array_equal(plan.run([x, zeros], versions=[0, 5])[0], first)
    np.testing.assert_array_equal(plan.run([x, zeros], versions=[0, 6])[0], x + x)
    # without versions another object is a change
    np.testing.assert_array_equal(plan.run([x, w])[0], first)
    np.testing.assert_array_equal(plan.run([x, zeros])[0], x + x)


def test_any_memory_order(arrays):
    plan = Plan(json.dumps(add_plan()))
    x, w = arrays
    spread = np.zeros(2 * x.size, np.float32)[::2]
    spread[:] = x
    w.flags.writeable = False
    np.testing.assert_array_equal(plan.run([spread, w])[0], plan.run([x, w])[0])


def test_wrong_arguments_are_refused_before_anything_runs(arrays):
    plan = Plan(json.dumps(add_plan()))
    x, w = arrays
    for bad, message in [
        (x.astype(np.float64), r"argument 0 is float64 \(10007,\); the program takes float32 \(10007,\)"),
        (x[1:], r"argument 0 is float32 \(10006,\)"),
        (x.astype(">f4"), "argument 0 is another dtype"),
    ]:
        with pytest.raises(_core.runtime.PlanError, match=message):
            plan.run([bad, w])
    with pytest.raises(_core.runtime.PlanError, match="takes 2 arguments, not 1"):
        plan.run([x])
    with pytest.raises(_core.runtime.PlanError, match='plan: key "target" is missing'):
        Plan('{"version": 1}', {})


def test_quantised_filter_reaches_the_kernel():
    # A kernel that copies what the preparation made.
    text = """#include <bang.h>
extern "C" __mlu_global__ void copy(short *q, float *s, short *from_q, float *from_s) {
  for (int i = 0; i < 64 * 32; ++i) q[i] = from_q[i];
  for (int i = 0; i < 64; ++i) s[i] = from_s[i];
}
"""
    plan = {
        "version": 1,
        "target": "mtp_270",
        "buffers": [
            buffer("output", [64, 32], "int16", index=0),
            buffer("output", [64], index=1),
            buffer("constant", [64, 32], "int16"),
            buffer("constant", [64]),
        ],
        "preparations": [
            {"kind": "quantize_filter", "input": 0, "bits": 16, "perm": [1, 0], "pad_co": 64, "pad_ci": 32,
             "outputs": [2, 3]}
        ],
        "launches": [{"kernel": "copy", "dim": [1, 1, 1], "type": "block", "args": [0, 1, 2, 3]}],
        "kernels": [{"name": "copy", "text": text}],
    }  # fmt: skip
    w = np.random.default_rng(1).standard_normal((7, 40)).astype(np.float32)
    q, scale = Plan(json.dumps(plan)).run([w])
    expected_scale = (np.abs(w.astype(np.float64)).max(axis=0) / 32767).astype(np.float32)
    np.testing.assert_array_equal(scale, np.concatenate([expected_scale, np.ones(24, np.float32)]))
    expected = np.zeros((64, 32))
    expected[:40, :7] = np.rint(w.T.astype(np.float64) / expected_scale[:, None].astype(np.float64))
    np.testing.assert_array_equal(q, expected)


def test_scalars_and_empty_tensors():
    text = '#include <bang.h>\nextern "C" __mlu_global__ void inc(int *y, int *x, int *none) { *y = *x + 1; }\n'
    plan = {
        "version": 1,
        "target": "mtp_270",
        "buffers": [
            buffer("output", [], "int32", index=0),
            buffer("input", [], "int32", index=0),
            buffer("input", [0, 3], "int32", index=1),
        ],
        "launches": [{"kernel": "inc", "dim": [1, 1, 1], "type": "block", "args": [0, 1, 2]}],
        "kernels": [{"name": "inc", "text": text}],
    }
    (y,) = Plan(json.dumps(plan)).run([np.array(41, np.int32), np.empty((0, 3), np.int32)])
    assert y.shape == () and y == 42


def test_kernel_that_breaks_a_rule_is_an_error_and_the_plan_goes_on(arrays):
    plan = add_plan()
    plan["kernels"][0]["text"] = plan["kernels"][0]["text"].replace("a + i, count", "a + i + 100000, count")
    broken = Plan(json.dumps(plan))
    with pytest.raises(DeviceError, match="^net.py:12: vadd.mlu:11: .*no device allocation") as caught:
        broken.run(arrays)
    assert caught.value.code == 100132 and caught.value.call == "cnrtQueueSync"
    with pytest.raises(DeviceError):
        broken.run(arrays)
    Plan(json.dumps(add_plan())).run(arrays)  # the queue that they share is usable


def test_threads_share_a_plan(arrays):
    plan = Plan(json.dumps(add_plan()))
    x, w = arrays
    wrong = []

    def work(factor):
        for _ in range(20):
            (y,) = plan.run([x * factor, w], versions=[0, 0])
            if not np.array_equal(y, (x * factor + w) + x * factor):
                wrong.append(factor)

    threads = [threading.Thread(target=work, args=(np.float32(i),)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []

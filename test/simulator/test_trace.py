"""The trace of a launch by the rules of the trace-event format, and against the profile of the same launch."""

import json
from collections import defaultdict

import numpy as np
import pytest
from harness import UNION1, kernel

N = 65536
ADD = kernel(
    "float *x, float *y, int n",
    """
  float *a = (float *)nram, *b = a + 8192;
  for (int i = taskId * 8192; i < n; i += taskDim * 8192) {
    __memcpy_async(a, x + i, 32768, GDRAM2NRAM);
    __sync();
    __bang_add(b, a, a, 8192);
    __sync();
    __memcpy(y + i, b, 32768, NRAM2GDRAM);
  }
  __sync_cluster();""",
)


@pytest.fixture
def traced(sim, tmp_path):
    """Runs `text` as often as jobs are given and returns the events and the last profile."""

    def run(text, *jobs, **options):
        x, y = np.arange(N, dtype=np.float32), np.zeros(N, np.float32)
        path = tmp_path / "trace.json"
        assert sim.lib.mluSimTraceStart(str(path).encode()) == 0
        try:
            for job in jobs:
                assert sim.run(text, x, y, N, device="mtp_372", sanitize=0, **job, **options) == ""
                json.loads(path.read_text())  # complete after every launch
        finally:
            sim.lib.mluSimTraceStop()
        return json.loads(path.read_text())["traceEvents"], sim.profile()

    return run


def test_events_follow_the_format(traced):
    events, _ = traced(ADD, {"dim": (8, 1, 1)}, {"dim": (4, 2, 1), "job": UNION1})
    tracks, named = defaultdict(list), set()
    for e in events:
        assert e["ph"] in ("X", "M") and isinstance(e["name"], str) and e["name"]
        assert isinstance(e["pid"], int) and isinstance(e["tid"], int) and isinstance(e["args"], dict)
        if e["ph"] == "M":
            assert e["name"] in ("process_name", "thread_name") and e["args"]["name"]
            key = (e["name"], e["pid"], e["tid"] if e["name"] == "thread_name" else 0)
            assert key not in named
            named.add(key)
        else:
            assert e["ts"] >= 0 and e["dur"] >= 0 and isinstance(e["cat"], str)
            tracks[e["pid"], e["tid"]].append((e["ts"], e["ts"] + e["dur"]))
    for (pid, tid), slices in tracks.items():
        assert ("process_name", pid, 0) in named and ("thread_name", pid, tid) in named
        slices.sort()
        for before, after in zip(slices, slices[1:]):  # neighbours on a track neither overlap nor nest
            assert before[1] <= after[0] + 1e-9
    names = {e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert {"core 0 IO", "core 3 Compute", "kernels", "core 1 Scalar"} <= names


def test_slices_add_up_to_the_profile(traced):
    events, profile = traced(ADD, {"dim": (1, 1, 1)})
    slices = [e for e in events if e["ph"] == "X"]
    for pipe in ("io", "compute"):
        assert sum(e["dur"] for e in slices if e["cat"] == pipe) == pytest.approx(profile["busy_us"][pipe], rel=1e-3)
    launch, kernel_slice = (next(e for e in slices if e["cat"] == c) for c in ("launch", "kernel"))
    assert launch["dur"] == pytest.approx(profile["launch_us"])
    assert launch["dur"] + kernel_slice["dur"] == pytest.approx(profile["us"], abs=2e-3)
    assert kernel_slice["name"] == "k" and all(kernel_slice["ts"] <= e["ts"] for e in slices if e is not launch)
    copies = [e for e in slices if e["cat"] == "io"]
    assert {e["name"] for e in copies} == {"__memcpy", "__memcpy_async"}
    assert sum(e["args"]["bytes"] for e in copies) == profile["bytes"] == 2 * 4 * N
    lines = {e["name"]: e["args"]["file"].rsplit(":", 1) for e in slices if e["cat"] in ("io", "compute")}
    assert lines["__bang_add"][0].endswith(".mlu")
    assert int(lines["__memcpy"][1]) - int(lines["__memcpy_async"][1]) == 4


def test_barriers_appear_as_waits(traced):
    text = ADD.replace("i += taskDim", "i += (taskId == 2 ? 1 : 100) * taskDim")  # one core has more to do
    events, _ = traced(text, {"dim": (4, 1, 1), "job": UNION1})
    waits = {e["tid"]: e for e in events if e.get("cat") == "barrier"}
    assert len(waits) == 5  # four cores and the memory core
    assert len({round(e["ts"] + e["dur"], 6) for e in waits.values()}) == 1
    assert sum(e["dur"] < 1 for e in waits.values()) == 1


def test_a_second_file_starts_anew_and_a_wrong_path_is_refused(traced, sim, tmp_path):
    first, _ = traced(ADD, {"dim": (2, 1, 1)})
    second, _ = traced(ADD, {"dim": (2, 1, 1)})
    assert first == second
    assert sim.lib.mluSimTraceStart(str(tmp_path / "missing" / "t.json").encode()) == -1

"""Pictures of traces on a terminal, from files written by hand and by the simulator."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import metabang as mb
from metabang import timeline
from metabang.cli.app import app
from metabang.errors import MetaBangError


def slice_of(pid, tid, name, ts, dur, category, **args):
    return {"ph": "X", "pid": pid, "tid": tid, "name": name, "cat": category, "ts": ts, "dur": dur, "args": args}


def label(pid, tid, what, name):
    return {"ph": "M", "pid": pid, "tid": tid, "name": what, "args": {"name": name}}


@pytest.fixture
def file(tmp_path):
    """Two launches: `add` of 3 us, then `copy` of 10 us, half of it IO, half Compute, on one core."""
    path = tmp_path / "trace.json"
    events = [
        label(0, 0, "process_name", "mtp_372"), label(0, 0, "thread_name", "kernels"),
        label(1, 0, "process_name", "cluster 0"),
        label(1, 1, "thread_name", "core 0 IO"), label(1, 3, "thread_name", "core 0 Compute"),
        slice_of(0, 0, "launch", 0, 3, "launch"), slice_of(0, 0, "add", 3, 3, "kernel"),
        slice_of(1, 1, "__memcpy", 3, 1, "io", file="add.mlu:4", bytes=3000),
        slice_of(0, 0, "launch", 6, 3, "launch"), slice_of(0, 0, "copy", 9, 10, "kernel"),
        slice_of(1, 1, "__memcpy", 9, 5, "io", file="/tmp/k.mlu:7", bytes=50000),
        slice_of(1, 3, "__bang_add", 14, 5, "compute", file="/tmp/k.mlu:8"),
    ]  # fmt: skip
    path.write_text(json.dumps({"traceEvents": events}))
    return path


def test_slices_belong_to_their_launch(file):
    add, copy = timeline.read(file)
    assert (add.kernel, add.us, [s.us for s in add.slices]) == ("add", 3, [1])
    assert [(s.core, s.pipe, s.name, s.where, s.bytes) for s in copy.slices] == [
        ("cluster 0 core 0", "IO", "__memcpy", "/tmp/k.mlu:7", 50000),
        ("cluster 0 core 0", "Compute", "__bang_add", "/tmp/k.mlu:8", 0),
    ]


def test_picture_shows_when_each_pipe_works(file):
    result = CliRunner().invoke(app, ["timeline", str(file), "--width", "77"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    (io,), (compute,) = ([x for x in lines if x.strip().startswith(pipe + "  50%")] for pipe in ("IO", "Compute"))
    assert io.endswith("|" + "█" * 30 + " " * 30 + "|") and compute.endswith("|" + " " * 30 + "█" * 30 + "|")
    (row,) = [line for line in lines if "k.mlu:7" in line]
    assert row.split("│")[3:6] == ["     1 ", " 5.00 ", " 10.0 "]
    assert any("add" in line and "33%" in line for line in lines)


def test_wrong_inputs_are_told_in_a_sentence(file, tmp_path):
    with pytest.raises(MetaBangError, match=r"has no launch of 'mul'; its kernels: add, copy"):
        timeline.describe(file, "mul")
    (tmp_path / "other.json").write_text('{"a": 1}')
    for name in ("other.json", "missing.json"):
        result = CliRunner().invoke(app, ["timeline", str(tmp_path / name)])
        assert result.exit_code == 2 and f"{name} is no trace of the simulator" in result.output
    with pytest.raises(MetaBangError, match="cannot be written"), timeline.trace(tmp_path / "no" / "t.json"):
        pass


def test_a_program_is_traced(tmp_path):
    x = mb.Var(np.ones(100_000, np.float32))
    with timeline.trace(tmp_path / "t.json"):
        (x + x).numpy()
    (launch,) = timeline.read(tmp_path / "t.json")
    assert sum(s.bytes for s in launch.slices) == 8 * x.size
    assert "__bang_add" in timeline.describe(tmp_path / "t.json")

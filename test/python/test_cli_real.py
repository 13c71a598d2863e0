"""The commands with the compiler, the toolchain and the simulator behind them, on a small network."""

import json
import os
import resource
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from metabang import models, nn
from metabang.cli.app import app
from metabang.compile import clear_cache
from metabang.image import Preprocess
from metabang.models import Model

TINY = Model(
    "tiny",
    "three channel means",
    lambda: nn.Sequential(nn.BatchNorm2d(3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    Preprocess(16, 16, True, "bilinear", (0, 0, 0), (255, 255, 255)),
    None,
)


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs the small network by its name, with an empty cache."""
    monkeypatch.setitem(models.MODELS, "tiny", TINY)
    monkeypatch.setenv("METABANG_CACHE_DIR", str(tmp_path / "cache"))
    clear_cache()
    return lambda *arguments: CliRunner().invoke(app, ["run", "tiny", *map(str, arguments)])


def test_run(run, tmp_path):
    result = run("--profile", "--json", tmp_path / "f.json", "--dump", tmp_path / "dump")
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "f.json").read_text())
    assert figures["error"]["max_abs"] < 1e-5 and figures["time_is"] == "modelled" and figures["device_time_us"] > 0
    assert len(figures["top"]) == 3 and figures["launches"] == len(figures["profile"]) > 0
    assert any(path.suffix == ".mlu" for path in (tmp_path / "dump").rglob("*"))
    assert "modelled device time" in result.stdout


def test_missing_compiler(run, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    result = run()
    assert result.exit_code == 2
    assert "error: the C++ compiler 'no-such-compiler' of $CXX does not exist" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_cache_that_cannot_be_written_is_a_warning(run, monkeypatch):
    monkeypatch.setenv("METABANG_CACHE_DIR", "/proc/metabang")
    result = run()
    assert result.exit_code == 0 and "modelled device time" in result.stdout


SOFTMAX = """import metabang as mb

def main():
    x = mb.input((64, 100), name="x")
    e = mb.exp(x)
    return mb.relu(x) * 2 + e
"""


def build(tmp_path, limit=None):
    """`metabang build` in a process of its own, whose files may have at most ``limit`` bytes."""
    (tmp_path / "net.py").write_text(SOFTMAX)
    command = [sys.executable, "-m", "metabang", "build", "net.py", "-o", "out"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "CXX": "no-such-compiler"}
    cap = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) if limit else None
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, preexec_fn=cap)


def test_build_needs_no_cpp_compiler(tmp_path):
    result = build(tmp_path)
    assert result.returncode == 0, result.stderr
    plan = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert plan["target"] == "mtp_270" and plan["launches"]
    for kernel in plan["kernels"]:
        text = (tmp_path / "out" / f"{kernel['name']}.mlu").read_text()
        assert f"__mlu_global__ void {kernel['name']}(" in text and "// net.py:" in text


def test_build_on_a_full_disk_leaves_nothing(tmp_path):
    result = build(tmp_path, limit=500)
    assert result.returncode == 2
    assert result.stderr.startswith("metabang: error: cannot write to out: ") and result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists() or not os.listdir(tmp_path / "out")


def test_a_full_disk_during_a_run_ends_it_with_one_sentence(tmp_path):
    command = [sys.executable, "-m", "metabang", "run", "resnet18", "--dump", "levels", "--json", "run.json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "METABANG_CACHE_DIR": str(tmp_path / "cache")}
    cap = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000))  # noqa: E731
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, preexec_fn=cap)
    assert result.returncode == 2, result.stderr
    assert result.stderr.startswith("metabang: error: cannot write levels/0-input.mlir: "), result.stderr
    assert "free some space or name another folder" in result.stderr and result.stderr.count("\n") == 1
    assert os.listdir(tmp_path / "levels") == [] and not (tmp_path / "run.json").exists()

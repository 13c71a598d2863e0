"""`metabang run` and `build` from arguments to figures, with the float64 evaluation in the place of the device."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from typer.testing import CliRunner

from metabang.cli.app import app
from metabang.compile import backend
from metabang.reference import evaluate_nodes

PLAN = {
    "kernels": [{"name": "conv", "text": "// conv", "min_cncc": "2.12.0"},
                {"name": "fc", "text": "", "min_cncc": "2.8.0"}],
    "launches": [{"kernel": "conv"}, {"kernel": "conv"}, {"kernel": "fc"}],
}  # fmt: skip


@dataclass
class Time:
    kernel: str
    source: str
    us: float


class Evaluation:
    """A device that computes exactly, and adds 0.5 to the largest result."""

    device_time_us, is_modelled, json = 1234.5, True, json.dumps(PLAN)

    def __init__(self, request):
        self.request = request
        for done in range(3):
            request.report(done, 2, "conv")

    def run(self, arguments, versions=None, profile=False):
        self.profiled = profile
        leaves = self.request.program.leaves
        values = evaluate_nodes(
            self.request.program.outputs, {n.uid: a for n, a in zip(leaves, arguments, strict=True)}
        )
        results = [value.astype(np.float32) for value in values]
        results[0].flat[results[0].argmax()] += 0.5
        return results

    def profile(self):
        assert self.profiled
        return [Time(name, "net.py:3", 10.0) for name in ("conv", "conv", "fc")]


@pytest.fixture
def run():
    def call(*arguments):
        with backend(Evaluation):
            return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)

    return call


def test_run_prints_and_writes_the_figures(run, tmp_path):
    result = run("run", "efficientnet_lite0", "--profile", "--json", tmp_path / "f.json")
    assert result.exit_code == 0
    figures = json.loads((tmp_path / "f.json").read_text())
    assert [e["label"] for e in figures["top"]][:2] == ["espresso", "cup"] and figures["top"][0]["class"] == 967
    assert figures["top"][0]["probability"] > 0.95 and len(figures["top"]) == 5
    assert figures["error"]["max_abs"] == pytest.approx(0.5, abs=1e-5) and figures["error"]["same_first_label"]
    assert figures["error"]["relative"] == pytest.approx(0.5 / 11.53, abs=1e-3)
    expected = {"kernels": 2, "launches": 3, "device_time_us": 1234.5, "time_is": "modelled", "device": "simulator"}
    assert expected.items() <= figures.items() and figures["weights"] == "trained" and figures["dtype"] == "int16"
    assert figures["profile"][2] == {"kernel": "fc", "source": "net.py:3", "us": 10.0}
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "modelled device time 1.234 ms" in lines or "modelled device time 1.235 ms" in lines
    assert "kernels 2, in 3 launches" in lines and "conv net.py:3 10.0" in lines
    assert "error against float64 0.5 at most; 0.04 of the largest logit" in lines
    assert any(line.endswith("espresso") for line in lines)


def test_run_resnet18_without_reference(run, tmp_path):
    result = run("run", "resnet18", "--no-reference", "--dtype", "int8", "--json", tmp_path / "f.json")
    figures = json.loads((tmp_path / "f.json").read_text())
    assert figures["weights"] == "seeded" and figures["dtype"] == "int8" and "error" not in figures
    assert "error against" not in result.stdout


def test_build_writes_the_text(monkeypatch, tmp_path):
    options = []
    monkeypatch.setattr(
        "metabang.backend.translate", lambda r: options.append((r.target, r.options)) or json.dumps(PLAN)
    )
    source = tmp_path / "net.py"
    source.write_text("import metabang as mb\n\ndef main():\n    return mb.exp(mb.input((4,)))\n")
    out = tmp_path / "out"
    arguments = ["build", source, "-o", out, "--target", "mtp_270", "--dtype", "int8", "--json", tmp_path / "f.json"]
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0 and "2 kernels in" in result.stdout and "cncc 2.12.0 or newer" in result.stdout
    assert (out / "conv.mlu").read_text() == "// conv" and json.loads((out / "plan.json").read_text()) == PLAN
    assert json.loads((tmp_path / "f.json").read_text())["min_cncc"] == "2.12.0"
    assert options == [("mtp_270", {"bits": 8})]

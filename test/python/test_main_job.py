"""The main job: a photo through EfficientNet-Lite0 with trained weights, on the simulator, by the command."""

import json
import os
import subprocess
import sys

import pytest


def metabang(*arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "metabang", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def run(name, target, folder):
    """The figures of `metabang run`, which has to succeed."""
    figures = folder / "figures.json"
    result = metabang("run", name, "--target", target, "--json", figures)
    assert result.returncode == 0, result.stderr
    assert "modelled device time" in result.stdout
    return json.loads(figures.read_text())


@pytest.mark.parametrize(
    ("target", "dtype", "relative"),
    [("mtp_270", "int16", 1e-3), ("mtp_592", "float32", 1e-5)],
)
def test_efficientnet_lite0(target, dtype, relative, tmp_path):
    """The true label of the shipped photo comes first; the error is that of the convolutions' operands."""
    found = run("efficientnet_lite0", target, tmp_path)
    assert found["top"][0]["label"] == "espresso" and found["dtype"] == dtype
    assert found["error"]["relative"] < relative
    assert found["time_is"] == "modelled" and found["device_time_us"] > 0


def test_resnet18(tmp_path):
    """Its seeded weights know no label: the logits are compared."""
    found = run("resnet18", "mtp_270", tmp_path)
    assert found["error"]["relative"] < 1e-3 and found["error"]["same_first_label"]

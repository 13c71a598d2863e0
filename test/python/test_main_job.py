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


@pytest.mark.parametrize(
    ("target", "dtype", "relative"),
    [("mtp_270", "int16", 1e-3), ("mtp_592", "float32", 1e-5)],
)
def test_efficientnet_lite0(target, dtype, relative, tmp_path):
    """The true label of the shipped photo comes first; the error is that of the convolutions' operands."""
    figures = tmp_path / "figures.json"
    result = metabang("run", "efficientnet_lite0", "--target", target, "--json", figures)
    assert result.returncode == 0, result.stderr
    found = json.loads(figures.read_text())
    assert found["top"][0]["label"] == "espresso" and found["dtype"] == dtype
    assert found["error"]["relative"] < relative
    assert found["time_is"] == "modelled" and found["device_time_us"] > 0
    assert "modelled device time" in result.stdout

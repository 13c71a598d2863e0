"""`metabang train`: with the float64 reference in the place of the device, and on the simulator."""

import json

import pytest
from programs import needs_compiler
from reference_backend import reference_backend
from typer.testing import CliRunner

from metabang.cli.app import app

pytest.importorskip("sklearn")


def run(*arguments):
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


def trained(folder, *arguments):
    """The epochs of two runs with the same seed, without what they took on this machine; and what the first printed."""
    histories = []
    for name in ("a.json", "b.json"):
        result = run(*arguments, "--json", folder / name)
        assert result.exit_code == 0, result.output
        epochs = json.loads((folder / name).read_text())["epochs"]
        assert all(seconds > 0 for epoch in epochs for seconds in epoch.pop("seconds"))
        histories.append((epochs, result.stdout))
    assert histories[0][0] == histories[1][0]
    return histories[0]


def test_the_loss_falls_and_the_same_seed_gives_the_same_bits(tmp_path):
    with reference_backend():
        epochs, text = trained(tmp_path, "cnn", "--epochs", 2, "--limit", 40, "--batch", 10, "--lr", 0.01)
    assert epochs[1]["loss"] < 0.9 * epochs[0]["loss"]
    assert len(epochs[0]["losses"]) == 4 and "epoch   2   loss" in text


@needs_compiler
@pytest.mark.parametrize("target", ["mtp_270", "mtp_372"])
def test_on_the_simulator(target, tmp_path):
    options = {"limit": 20, "batch": 10, "epochs": 2, "lr": 0.01, "target": target}
    epochs, text = trained(tmp_path, "cnn", *(word for name, value in options.items() for word in (f"--{name}", value)))
    assert epochs[1]["loss"] < epochs[0]["loss"]
    assert f"ms a step on {target} (modelled)" in text and epochs[0]["device_us"][0] > 0


def test_bad_input():
    assert "choose cnn or resnet18" in run("vgg").stderr
    assert "there is no target named 'x'" in run("--target", "x").stderr
    assert "a batch of 2000 is larger than the 1500" in run("--batch", 2000).stderr
    assert "a batch of 50 is larger than the 20" in run("--limit", 20).stderr

"""`metabang train`, with the float64 reference in the place of the device."""

import json

import pytest
from reference_backend import reference_backend
from typer.testing import CliRunner

from metabang.cli.app import app

pytest.importorskip("sklearn")


def run(*arguments):
    with reference_backend():
        return CliRunner().invoke(app, ["train", *map(str, arguments)])


def test_the_loss_falls_and_the_same_seed_gives_the_same_bits(tmp_path):
    histories = []
    for name in ("a.json", "b.json"):
        result = run("cnn", "--epochs", 2, "--steps", 4, "--batch", 10, "--lr", 0.01, "--json", tmp_path / name)
        assert result.exit_code == 0, result.output
        histories.append(json.loads((tmp_path / name).read_text())["epochs"])
    assert histories[0] == histories[1]
    assert histories[0][1]["loss"] < 0.9 * histories[0][0]["loss"]
    assert "epoch   2   loss" in result.stdout


def test_bad_input():
    assert "choose cnn or resnet18" in run("vgg").stderr
    assert "there is no target named 'x'" in run("--target", "x").stderr
    assert "a batch of 2000 is larger than the 1500" in run("--batch", 2000).stderr

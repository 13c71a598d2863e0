"""`metabang train`: with the float64 reference in the place of the device, and on the simulator."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from programs import needs_compiler
from reference_backend import reference_backend
from typer.testing import CliRunner

import metabang as mb
from metabang import nn, optim, weights
from metabang.cli.app import app
from metabang.compile import backend, device_time
from metabang.fuzz import units
from metabang.models.resnet import BasicBlock
from metabang.nn import functional as F
from metabang.runtime import context
from metabang.training import NETWORKS, checksum

pytest.importorskip("sklearn")


def run(*arguments):
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


def trained(folder, *arguments):
    """The figures of two equal runs, without what they took on this machine; and what the first printed."""
    found = []
    for name in ("a.json", "b.json"):
        result = run(*arguments, "--json", folder / name)
        assert result.exit_code == 0, result.output
        figures = json.loads((folder / name).read_text())
        assert all(seconds > 0 for epoch in figures["epochs"] for seconds in epoch.pop("seconds"))
        assert figures.pop("seconds") > 0
        found.append((figures, result.stdout))
    assert found[0][0] == found[1][0]
    return found[0]


def test_the_loss_falls_and_the_same_seed_gives_the_same_bits(tmp_path):
    file = tmp_path / "w.safetensors"
    options = ("--epochs", 2, "--limit", 40, "--batch", 10, "--lr", 0.01, "--save", file)
    with reference_backend():
        figures, text = trained(tmp_path, "cnn", *options)
    epochs = figures["epochs"]
    assert epochs[1]["loss"] < 0.9 * epochs[0]["loss"]
    assert len(epochs[0]["losses"]) == 4 and "epoch   2   loss" in text
    net = NETWORKS["cnn"]()
    net.load_state_dict(weights.load(file))
    assert checksum(net) == figures["checksum"] and figures["checksum"] in text


@needs_compiler
@pytest.mark.parametrize("target", ["mtp_270", "mtp_372"])
def test_on_the_simulator(target, tmp_path):
    options = {"limit": 20, "batch": 10, "epochs": 2, "lr": 0.01, "target": target}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    with backend(units.compile_and_load):  # in a tenth of the time
        figures, text = trained(tmp_path, "cnn", *words)
    epochs = figures["epochs"]
    assert epochs[1]["loss"] < epochs[0]["loss"]
    assert f"ms a step on {target} (modelled)" in text and epochs[0]["device_us"][0] > 0
    assert figures["host_operators"] == 0 < figures["kernels"] < figures["operators"]


class Residual(nn.Module):
    """A convolution, ResNet's block with stride 2, and a linear layer."""

    def __init__(self):
        self.first, self.norm = nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.block, self.last = BasicBlock(4, 8, 2), nn.Linear(8, 3)

    def forward(self, x):
        return self.last(self.block(F.relu(self.norm(self.first(x)))).mean((2, 3)))


def residual_steps(target, steps=3):
    """Losses, checksum of the weights and host operators of some steps of a small residual network."""
    nn.init.seed(5)
    net = Residual().train()
    optimizer = optim.AdamW(net.parameters(), 0.01, max_norm=1.0)
    x = np.sin(np.arange(6 * 49, dtype=np.float32)).reshape(6, 1, 7, 7)
    labels = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]]
    with mb.target(target), device_time() as clock:
        losses = [optimizer.step(F.cross_entropy(net(mb.array(x)), mb.array(labels))) for _ in range(steps)]
    return losses, checksum(net), clock.host_operators


@pytest.fixture
def simulator():
    """The simulator's library; sanitizer and schedule are as before behind the test."""
    where = context()
    if not where.is_simulator:
        pytest.skip("a card has no schedule to choose")
    library = ctypes.CDLL(where.library_path)
    library.mluSimGetSchedule.restype = ctypes.c_char_p
    before = library.mluSimGetSanitize(), library.mluSimGetSchedule()
    yield library
    library.mluSimSetSanitize(before[0])
    library.mluSimSetSchedule(before[1])


@needs_compiler
@pytest.mark.parametrize("target", ["mtp_270", "mtp_372"])
def test_a_residual_network_has_the_same_bits_under_every_schedule(target, simulator):
    with backend(units.compile_and_load):
        first = residual_steps(target)
        for sanitize, schedule in ((0, b"eager,forward"), (0, b"lazy,reverse"), (0, b"lazy,seed:7"), (1, b"eager")):
            simulator.mluSimSetSanitize(sanitize)  # off and forward: all host threads
            assert simulator.mluSimSetSchedule(schedule) == 0
            assert residual_steps(target) == first
    assert first[0][2] < first[0][0] and first[2] == 0
    with reference_backend():
        expected = residual_steps(target)[0]
    np.testing.assert_allclose(first[0], expected, rtol=2e-3 if target == "mtp_270" else 1e-4)


@needs_compiler
def test_ctrl_c_is_one_sentence_and_leaves_nothing_half_written(tmp_path):
    file = tmp_path / "w.safetensors"
    options = ["--epochs", "999", "--limit", "10", "--batch", "10", "--save", str(file)]
    program = (
        # Who started the tests may ignore the signal (a shell's background job does), and children inherit that.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from metabang.cli.app import app; from metabang.compile import backend; from metabang.fuzz import units\n"
        f"with backend(units.compile_and_load): app({['train', 'cnn', *options]})"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not file.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and "holds the weights after the last of them" in stderr, stderr
    assert "Traceback" not in stderr and [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]
    NETWORKS["cnn"]().load_state_dict(weights.load(file))


def test_bad_input(tmp_path):
    assert "choose cnn or resnet18" in run("vgg").stderr
    assert "there is no target named 'x'" in run("--target", "x").stderr
    assert "a batch of 2000 is larger than the 1500" in run("--batch", 2000).stderr
    assert "a batch of 50 is larger than the 20" in run("--limit", 20).stderr
    assert "does not exist; create it first" in run("--save", tmp_path / "no" / "w").stderr
    assert "a learning rate is not negative" in run("--lr", -1).stderr

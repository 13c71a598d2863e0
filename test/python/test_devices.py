"""Device descriptions: complete, sourced, and the same parameters for every device."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from metabang import devices

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT / "tools" / "gen_devices.py"
HEADER = ROOT / "include" / "metabang" / "Device" / "Device.h"


def test_all_devices_have_the_same_parameters():
    assert devices.names() == ["mtp_270", "mtp_372", "mtp_592"]
    keys = [list(devices.load(name).parameters) for name in devices.names()]
    assert keys[0] == keys[1] == keys[2]


@pytest.mark.parametrize("name", devices.names())
def test_every_number_has_a_kind_and_a_source(name):
    for key, parameter in devices.load(name).parameters.items():
        assert parameter.kind in ("documented", "driver", "fitted", "assumed"), key
        assert len(parameter.source) > 5 and parameter.unit, key


def test_mtp_270_is_what_the_guide_says():
    device = devices.load("mtp_270")
    assert device["nram_bytes"] == 512 * 1024 and device["wram_bytes"] == 1024 * 1024
    assert device.cores == 16 and device["vector_size_alignment"] == 128
    assert not device["has_float_conv"] and not device["has_integer_vector"]


def test_unknown_device_is_named_with_the_choice():
    with pytest.raises(ValueError, match="unknown target 'mtp_999': choose one of mtp_270, mtp_372, mtp_592"):
        devices.load("mtp_999")


def generate(folder: Path, change) -> subprocess.CompletedProcess:
    device = json.loads((ROOT / "python/metabang/devices/mtp_270.json").read_text())
    change(device["parameters"])
    path = folder / "mtp_270.json"
    path.write_text(json.dumps(device))
    command = [sys.executable, GENERATOR, "--header", HEADER, "--output", folder / "Devices.inc", path]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda p: p.pop("nram_bytes"), "no parameter for the field(s) nramBytes"),
        (lambda p: p.update(wings=p["clusters"]), "struct Device has no field wings"),
        (lambda p: p["clusters"].pop("source"), "needs a value, a unit, a kind"),
        (lambda p: p["clusters"].update(kind="guessed"), "needs a value, a unit, a kind"),
        (lambda p: p["clusters"].update(value=1.5), "1.5 is not a whole number"),
        (lambda p: p["has_copy3d"].update(value=1), "1 is not a value for a field of type bool"),
    ],
)
def test_generator_refuses_a_bad_description(tmp_path, change, message):
    done = generate(tmp_path, change)
    assert done.returncode != 0 and message in done.stderr and "mtp_270.json" in done.stderr


def test_generator_writes_every_value(tmp_path):
    done = generate(tmp_path, lambda parameters: parameters["clusters"].update(value=3))
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "Devices.inc").read_text()
    assert "d.clusters = 3;" in text and "d.hasCopy3d = false;" in text and "d.dramGbPerS = 102.4;" in text

"""Weights files: what they hold is read exactly, and whatever else they are is refused in one sentence."""

import io
import json
import os
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from metabang import weights
from metabang.files import OutputError
from metabang.weights import WeightsError, load

DATA = Path(__file__).parent / "data"
BASE = np.arange(12, dtype=np.float32).reshape(3, 4)
TINY = {
    "weight": np.ones(2, np.float32),
    "num_batches_tracked": np.zeros((), np.int64),
    "f32": BASE,
    "transposed": BASE.T,
    "tail": BASE[1:, 2:],
    "f64": np.array([1 / 3]),
    "f16": np.array([1.5, -2], np.float16),
    "bf16": np.frombuffer(np.array([0x40490000, 0xF14A0000], "<u4"), "<f4"),
    "i8": np.array([-128, 127], np.int8),
    "bool": np.array([True, False]),
    "parameter": np.array([7], np.float32),
    "empty": np.zeros((0, 3), np.float32),
}


@pytest.mark.parametrize("name", ["tiny_zip.pth", "tiny_legacy.pth"])
def test_torch_formats(name):
    state = load(DATA / name)
    assert {"weight", "bias", "running_mean", "running_var"} <= state.keys()
    for key, expected in TINY.items():
        assert state[key].dtype == expected.dtype and state[key].shape == expected.shape, key
        np.testing.assert_array_equal(state[key], expected, err_msg=key)


def test_checkpoint_is_read_as_its_state_dict():
    np.testing.assert_array_equal(load(DATA / "tiny_checkpoint.pth")["w"], [1, 1])


def write_safetensors(path, tensors, extra=b""):
    header, body = {"__metadata__": {"format": "pt"}}, b""
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body + extra)
    return path


def test_safetensors(tmp_path):
    half = np.array([[0.5, -65504]], np.float16)
    path = write_safetensors(
        tmp_path / "w",
        {
            "half": ("F16", [1, 2], half.tobytes()),
            "bf": ("BF16", [2], struct.pack("<HH", 0x3F80, 0xFF80)),
            "scalar": ("I64", [], struct.pack("<q", -5)),
            "none": ("F32", [0, 2], b""),
        },
    )
    state = load(path)
    np.testing.assert_array_equal(state["half"], half)
    np.testing.assert_array_equal(state["bf"], np.array([1, -np.inf], np.float32))
    assert state["scalar"].shape == () and state["scalar"] == -5 and state["none"].shape == (0, 2)


def refusal(path) -> str:
    with pytest.raises(WeightsError) as caught:
        load(path)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message
    return message


@pytest.mark.parametrize("name", ["tiny_zip.pth", "tiny_legacy.pth", "tiny_checkpoint.pth"])
def test_truncation_anywhere_is_refused(name, tmp_path):
    whole = (DATA / name).read_bytes()
    path = tmp_path / "cut.pth"
    for size in {*range(0, len(whole), 13), *range(len(whole) - 30, len(whole) - 1)}:
        path.write_bytes(whole[:size])
        refusal(path)


def test_truncated_files_are_called_so(tmp_path):
    path = tmp_path / "cut.pth"
    path.write_bytes((DATA / "tiny_legacy.pth").read_bytes()[:-1])
    assert "truncated" in refusal(path)
    write_safetensors(path, {"x": ("F32", [4], bytes(16))})
    path.write_bytes(path.read_bytes()[:-1])
    assert "truncated: tensor x" in refusal(path)
    path.write_bytes(b"")
    assert "empty" in refusal(path)


def test_flipped_bytes_never_crash(tmp_path):
    path = tmp_path / "flip.pth"
    generator = np.random.default_rng(0)
    for name in ("tiny_zip.pth", "tiny_legacy.pth"):
        whole = bytearray((DATA / name).read_bytes())
        for position in generator.integers(0, len(whole), 400):
            damaged = whole.copy()
            damaged[position] ^= 1 << int(generator.integers(8))
            path.write_bytes(damaged)
            try:
                load(path)
            except WeightsError:
                pass


class Evil:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def as_zip(path, payload):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", pickle.dumps(payload, protocol=2))
    return path


def as_legacy(path, payload):
    magic, version, system = 0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}
    path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in (magic, version, system, payload, [])))
    return path


@pytest.mark.parametrize("write", [as_zip, as_legacy])
@pytest.mark.parametrize(
    ("function", "named"),
    [
        (os.system, "posix.system"),
        (eval, "__builtin__.eval"),
        (io.open, f"{io.open.__module__}.open"),  # "io", and "_io" from Python 3.12 on
        (getattr, "__builtin__.getattr"),
    ],
)
def test_a_pickle_that_calls_anything_else_is_refused_by_name(write, function, named, tmp_path):
    marker = tmp_path / "ran"
    path = write(tmp_path / "evil.pth", {"w": Evil(function, f"touch {marker}")})
    assert f"asks to call {named}" in refusal(path)
    assert not marker.exists()


def test_allowed_names_cannot_be_misused(tmp_path):
    import collections

    # a dictionary of no tensors, a storage type that is called, a tensor whose storage is no storage
    assert "no named tensors" in refusal(as_zip(tmp_path / "a.pth", collections.OrderedDict(w=1)))
    called = b"\x80\x02}X\x01\x00\x00\x00wctorch\nFloatStorage\nK\x05\x85Rs."
    fake = b"\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n(K\x05K\x00))\x89NtRs."
    for payload in (called, fake):
        with zipfile.ZipFile(tmp_path / "b.pth", "w") as archive:
            archive.writestr("a/data.pkl", payload)
        assert "damaged" in refusal(tmp_path / "b.pth")


def test_tensor_outside_its_storage(tmp_path):
    path = tmp_path / "out.pth"
    with zipfile.ZipFile(DATA / "tiny_zip.pth") as source, zipfile.ZipFile(path, "w") as target:
        for info in source.infolist():
            data = source.read(info)
            if info.filename.endswith("data.pkl"):  # the shape (3, 4) of f32 becomes (9, 4)
                assert b"K\x03K\x04\x86" in data
                data = data.replace(b"K\x03K\x04\x86", b"K\x09K\x04\x86", 1)
            target.writestr(info.filename, data)
    assert "larger than its storage" in refusal(path)


def test_compressed_archive_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", bytes(1 << 20))
    assert "compressed" in refusal(tmp_path / "bomb.pth")


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"dtype": "F8_E4M3", "shape": [1], "data_offsets": [0, 1]}, "F8_E4M3"),
        ({"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}, "does not fit its shape"),
        ({"dtype": "F32", "shape": [-1], "data_offsets": [4, 0]}, "does not fit its shape"),
        ({"dtype": "F32"}, "damaged"),
        ([], "damaged"),
    ],
)
def test_damaged_safetensors(entry, reason, tmp_path):
    text = json.dumps({"x": entry}).encode()
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(8))
    assert reason in refusal(path)


def test_other_files(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    assert "neither a PyTorch file" in refusal(path)
    path.write_bytes(pickle.dumps({"w": [1.0]}))
    assert "not one that torch.save wrote" in refusal(path)
    assert "No such file" in refusal(tmp_path / "missing.pth")
    assert "directory" in refusal(tmp_path)


def test_what_is_saved_is_loaded(tmp_path):
    state = {"a.b": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.int64(7), "h": np.ones((0, 2), np.float16)}
    weights.save(tmp_path / "w.safetensors", state)
    loaded = weights.load(tmp_path / "w.safetensors")
    assert list(loaded) == list(state)
    for name, value in state.items():
        assert loaded[name].dtype == value.dtype and np.array_equal(loaded[name], value)
    with pytest.raises(WeightsError, match="tensor c has dtype complex128"):
        weights.save(tmp_path / "c", {"c": np.ones(2, complex)})
    with pytest.raises(OutputError, match="name a place that can be written"):
        weights.save(tmp_path / "missing" / "w", state)
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    place = tmp_path / "pipe"
    os.mkfifo(place)
    reader = os.open(place, os.O_RDONLY | os.O_NONBLOCK)
    weights.save(place, {"a": np.ones(3, np.float32)})
    assert place.is_fifo() and b'"a"' in os.read(reader, 1000)
    os.close(reader)

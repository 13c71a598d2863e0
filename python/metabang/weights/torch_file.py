"""PyTorch's two file formats: what each puts around the pickle of tensors."""

import io
import os
import struct
import zipfile
from collections.abc import Mapping

import numpy as np

from metabang.weights.errors import WeightsError
from metabang.weights.tensor import Storage, TensorView, from_bytes, itemsize
from metabang.weights.unpickle import read_pickle

MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PREFIX = b"\x80\x02\x8a\x0a" + MAGIC.to_bytes(10, "little")  # the pickled magic number


def read_zip(path) -> dict[str, np.ndarray]:
    """Reads the archive that torch.save writes since 1.6: ``NAME/data.pkl``, and ``NAME/data/KEY`` for each storage."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _read_archive(archive)
    except WeightsError:
        raise
    except (zipfile.BadZipFile, EOFError, RuntimeError, ValueError, LookupError, struct.error):  # what zipfile raises
        raise WeightsError("its archive is incomplete or damaged; fetch the file again") from None


def _read_archive(archive: zipfile.ZipFile) -> dict[str, np.ndarray]:
    members = {info.filename: info for info in archive.infolist()}
    table = next((name for name in members if name.endswith("/data.pkl") or name == "data.pkl"), None)
    if table is None:
        raise WeightsError("it is a zip archive, but not one that torch.save wrote")
    for info in members.values():  # torch.save never compresses; refusing it refuses zip bombs
        if info.compress_type != zipfile.ZIP_STORED:
            raise WeightsError("its archive is compressed, which torch.save never does")
    prefix = table.removesuffix("data.pkl")
    if prefix + "byteorder" in members and archive.read(prefix + "byteorder") != b"little":
        raise WeightsError("it was saved on a big-endian machine")
    storages: dict[str, Storage] = {}
    root = read_pickle(io.BytesIO(archive.read(table)), storages)
    for storage in storages.values():
        name = f"{prefix}data/{storage.key}"
        if name not in members:
            raise WeightsError(f"storage {storage.key} is missing, so the file is damaged")
        _fill(storage, archive.read(name))
    return tensors(root)


def read_legacy(path) -> dict[str, np.ndarray]:
    """Reads the stream that torch.save wrote before 1.6: five pickles, then the storages one after the other."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        if read_pickle(file) != MAGIC or read_pickle(file) != 1001:
            raise WeightsError("it is a pickle, but not one that torch.save wrote")
        system = read_pickle(file)
        if not isinstance(system, dict) or system.get("little_endian") is not True:
            raise WeightsError("it was saved on a big-endian machine")
        storages: dict[str, Storage] = {}
        root = read_pickle(file, storages)
        keys = read_pickle(file)
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise WeightsError("its list of storages is damaged")
        for key in keys:
            if key not in storages:
                raise WeightsError(f"it holds storage {key} that no tensor uses, so the file is damaged")
            storage = storages[key]
            if file.read(8) != storage.count.to_bytes(8, "little"):
                raise WeightsError("its storages are not where they should be, so it is truncated or damaged")
            _fill(storage, file.read(min(storage.count * itemsize(storage.dtype), size)))
    return tensors(root)


def _fill(storage: Storage, data: bytes) -> None:
    expected = storage.count * itemsize(storage.dtype)
    if len(data) < expected:
        raise WeightsError(f"it is truncated: storage {storage.key} has {len(data)} of {expected} bytes")
    storage.data = from_bytes(data[:expected], storage.dtype)


def tensors(root) -> dict[str, np.ndarray]:
    """The named tensors of a state dict, or of the ``state_dict`` of a checkpoint."""
    if isinstance(root, Mapping) and isinstance(root.get("state_dict"), Mapping):
        root = root["state_dict"]
    found = {}
    if isinstance(root, Mapping):
        found = {name: view for name, view in root.items() if isinstance(name, str) and isinstance(view, TensorView)}
    if not found:
        raise WeightsError("it holds no named tensors; save a state dict: torch.save(model.state_dict(), FILE)")
    for view in found.values():
        if view.storage.data is None:
            raise WeightsError(f"storage {view.storage.key} is missing, so it is truncated or damaged")
    return {name: view.array() for name, view in found.items()}

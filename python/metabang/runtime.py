"""The device in use: a card through Neuware's CNRT, or the simulator."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

from metabang import _core
from metabang.input_errors import InputError

_lock = threading.Lock()
_context = None


class DeviceError(InputError, RuntimeError):
    """CNRT reported an error. `code`, `name` and `call` are CNRT's; None if it was not CNRT's."""

    def __init__(self, reason: str, code: int | None = None, name: str | None = None, call: str | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.name = name
        self.call = call

    @classmethod
    def of(cls, error: _core.runtime.CnrtError) -> DeviceError:
        return cls(str(error), error.code, error.name, error.call)


def context() -> _core.runtime.Context:
    """The device and queue of this process, opened at the first call.

    `$METABANG_CNRT` names a CNRT library; else Neuware's is used if it has a device, else the simulator's.
    `$METABANG_DEVICE` is the device's number (0). Raises DeviceError.
    """
    global _context
    with _lock:
        if _context is None:
            _context = _open()
        return _context


def _open() -> _core.runtime.Context:
    number = os.environ.get("METABANG_DEVICE", "0")
    if not number.isdigit():
        raise DeviceError(f"METABANG_DEVICE is '{number}'; it has to be the number of a device, such as 0")
    try:
        return _core.runtime.Context([str(Path(_core.__file__).parent / "lib")], int(number))
    except _core.runtime.CnrtError as error:
        raise DeviceError.of(error) from None


def describe() -> dict:
    """What `metabang doctor` shows: device, libraries, compilers, cache. Values are JSON-able; raises nothing.

    Keys: `device` (or `error`), `compilers`, `cache`, `versions`.
    """
    from metabang import cache, toolchain

    result: dict = {"versions": _versions()}
    try:
        found = context()
        result["device"] = {
            "kind": "simulator" if found.is_simulator else "card",
            "times": "modelled" if found.is_simulator else "measured",
            "library": found.library_path,
            "cnrt": found.library_version,
            "api": found.generation,
            "driver": found.driver_version,
            "devices": found.device_count,
            "passed_over": list(found.passed_over),
            **found.device_properties,
        }
    except (DeviceError, _core.runtime.CnrtError) as error:
        result["error"] = str(error)
    compilers: dict = {"host": None, "cncc": None}
    try:
        command = toolchain.host_compiler()
        compilers["host"] = {"command": " ".join(command), "version": toolchain.version_of(tuple(command))}
    except toolchain.ToolchainError as error:
        compilers["host_error"] = str(error)
    if cncc := toolchain.find_cncc():
        compilers["cncc"] = {"command": cncc, "version": toolchain.version_of((cncc,))}
    result["compilers"] = compilers
    store = cache.cache()
    sizes = []
    for path in store.directory.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # of another process, which has renamed it since
            if path.is_file():
                sizes.append(path.stat().st_size)
    result["cache"] = {
        "directory": str(store.directory),
        "writable": store.writable(),
        "entries": len(sizes),
        "bytes": sum(sizes),
    }
    return result


def _versions() -> dict:
    import platform
    from importlib import metadata

    versions = {"python": platform.python_version(), "system": platform.platform()}
    for name in ("metabang", "numpy"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions

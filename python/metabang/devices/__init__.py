"""Descriptions of the devices that MetaBANG compiles for and simulates.

One JSON file a device; each number says what kind of number it is and where it comes from. The compiler and the
simulator read the same files, turned into a C++ table when the package is built.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Device", "Parameter", "load", "names"]

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Parameter:
    """One number of a device description."""

    value: bool | int | float
    unit: str
    kind: str  # "documented", "driver" (read from the vendor's driver source), "fitted" or "assumed"
    source: str


@dataclass(frozen=True)
class Device:
    """A device description; ``device["nram_bytes"]`` is a value, ``device.parameters["nram_bytes"]`` says whence."""

    name: str
    product: str
    board: str
    arch: int
    parameters: dict[str, Parameter]

    def __getitem__(self, key: str) -> bool | int | float:
        return self.parameters[key].value

    @property
    def cores(self) -> int:
        """Cores of the whole device."""
        return int(self["clusters"] * self["cores_per_cluster"])


def names() -> list[str]:
    """The names of all devices, sorted: ``["mtp_270", ...]``."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


@cache
def load(name: str) -> Device:
    """The description of the device called `name`; ValueError if there is none."""
    if name not in names():
        raise ValueError(f"unknown target {name!r}: choose one of {', '.join(names())}")
    data = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    data["parameters"] = {key: Parameter(**entry) for key, entry in data["parameters"].items()}
    return Device(**data)

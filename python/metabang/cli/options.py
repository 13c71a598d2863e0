"""Options that several commands share."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from metabang.input_errors import InputError


class Precision(str, Enum):
    """Operands of convolutions and matrix products where the device computes them in fixed point."""

    int16 = "int16"
    int8 = "int8"

    @property
    def bits(self) -> int:
        return int(self.value.removeprefix("int"))


Target = Annotated[str, typer.Option(metavar="NAME", help="Device: mtp_270, mtp_372 or mtp_592.")]
Weights = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A .pth or .safetensors state dict, instead of the model's own weights."),
]
DType = Annotated[
    Precision, typer.Option(help="Convolution operands on devices that compute in fixed point (mtp_270).")
]
Dump = Annotated[Path | None, typer.Option(metavar="DIR", help="Write every level of every kernel to DIR.")]
Json = Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the figures as JSON.")]


class UnknownTarget(InputError):
    """No device has the name that was given."""


def check_target(name: str) -> None:
    """Raises:
    UnknownTarget: there is no description of such a device.
    """
    from metabang import devices

    if name not in devices.names():
        raise UnknownTarget(f"there is no target named {name!r}; the targets are: {', '.join(devices.names())}")

"""Options that several commands share."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from metabang.input_errors import InputError


class FixedPoint(str, Enum):
    """Operands of convolutions and matrix products on a device that computes them in fixed point."""

    int16 = "int16"
    int8 = "int8"


Target = Annotated[
    str, typer.Option(metavar="NAME", envvar="METABANG_TARGET", help="Device: mtp_270, mtp_372 or mtp_592.")
]
Weights = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A .pth or .safetensors state dict, instead of the model's own weights."),
]
DType = Annotated[
    FixedPoint | None,
    typer.Option(help="Convolution operands where the device computes in fixed point (mtp_270); int16 by default."),
]
Dump = Annotated[Path | None, typer.Option(metavar="DIR", help="Write every level of every kernel to DIR.")]
Json = Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the figures as JSON.")]


class OptionError(InputError):
    """An option's value that is unknown, or that does not go with the others."""


def precision(target: str, dtype: FixedPoint | None) -> tuple[str, dict]:
    """The dtype of convolution operands on ``target``, and the compiler's options for it.

    Raises:
        OptionError: there is no such target, or a fixed-point dtype is asked of one that convolves floats.
    """
    from metabang import devices

    if target not in devices.names():
        raise OptionError(f"there is no target named {target!r}; the targets are: {', '.join(devices.names())}")
    if not devices.load(target)["has_float_conv"]:
        dtype = dtype or FixedPoint.int16
        return dtype.value, {"bits": int(dtype.value.removeprefix("int"))}
    if dtype is not None:
        raise OptionError(f"{target} convolves floats; leave --dtype {dtype.value} out, or choose the target mtp_270")
    return "float32", {}

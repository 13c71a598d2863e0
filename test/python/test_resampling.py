"""Interpolation as one kernel: right at the borders, by any factor, and where it stays products of matrices."""

from __future__ import annotations

import numpy as np
import pytest
from programs import TARGETS, Cases, needs_compiler, normal, on_targets

import metabang as mb
from metabang.nn import functional as F

PROGRAMS = Cases()


def with_gradient(x: mb.Var, *args, **options) -> list[mb.Var]:
    y = F.interpolate(x, *args, **options)
    weights = normal(*y.shape, seed=1)
    return [y, mb.grad((y * weights).sum(), [x])[0]]


def images(*shape: int) -> mb.Var:
    return mb.array(np.random.default_rng(3).normal(size=shape).astype(np.float32))


FACTORS = {
    "doubled": (images(2, 3, 17, 22), {"scale_factor": 2, "mode": "bilinear"}),
    "many small ones": (images(40, 5, 7, 7), {"scale_factor": 2, "mode": "bilinear"}),
    "in parts": (images(1, 3, 150, 64), {"scale_factor": 2, "mode": "bilinear"}),
    "halved": (images(2, 3, 24, 38), {"scale_factor": 0.5, "mode": "bilinear"}),
    "by 3/2": (images(1, 4, 26, 34), {"scale_factor": 1.5, "mode": "bilinear"}),
    "by 2/3 and 5/4": (images(3, 2, 27, 40), {"size": (18, 50), "mode": "bilinear"}),
    "rows alone": (images(1, 4, 21, 33), {"size": (63, 33), "mode": "bilinear"}),
    "columns alone": (images(3, 4, 21), {"scale_factor": 4, "mode": "linear"}),
    "cut off": (images(1, 2, 29, 41), {"scale_factor": 0.875, "mode": "bilinear"}),
    "cubic": (images(1, 3, 20, 23), {"scale_factor": 2, "mode": "bicubic"}),
    "cubic by 3/4": (images(2, 2, 28, 32), {"scale_factor": 0.75, "mode": "bicubic"}),
}
for name, (image, options) in FACTORS.items():
    PROGRAMS.add(
        name, lambda image=image, options=options: with_gradient(image, **options), 1e-3 if "cut" in name else 2e-5
    )


@PROGRAMS.case()
def half():
    return with_gradient(normal(2, 3, 20, 26, dtype="float16"), scale_factor=2, mode="bilinear")


@PROGRAMS.case(1e-3)  # products in int16 on mtp_270
def blocks_without_rows():
    """Of a gradient, the last blocks of an image may need no row of what it is summed from."""
    return with_gradient(images(1, 1, 7, 8), size=(2, 8), mode="bilinear") + with_gradient(
        images(1, 1, 13, 61), size=(3, 61), mode="bilinear"
    )


@PROGRAMS.case(1e-3)  # products in int16 on mtp_270
def of_volumes():
    return with_gradient(images(1, 2, 6, 8, 10), scale_factor=2, mode="trilinear")


test_results = on_targets(PROGRAMS)


def kernels_of(output: mb.Var, target: str) -> list[str]:
    return [each["kernel"] for each in mb.compile(output, [], target).plan["launches"]]


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_one_kernel(target: str) -> None:
    """Both directions, and the gradient; what does not repeat stays products."""
    for name in ("doubled", "cubic by 3/4", "columns alone"):
        image, options = FACTORS[name]
        for output in with_gradient(image, **options):
            assert kernels_of(output, target) == ["resample_0"]
    for size, out in (((40, 48), (64, 80)), ((7, 7), (14, 14))):  # of the second most lines would be borders
        unlike = F.interpolate(images(1, 2, *size), out, mode="bilinear", align_corners=True)
        assert not any("resample" in kernel for kernel in kernels_of(unlike, target))

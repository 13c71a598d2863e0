"""NaN in maxima and minima, and functions at the ends of their ranges."""

import numpy as np
from programs import TARGETS, Cases, generator, normal, on_targets

import metabang as mb
from metabang.nn import functional as F

CASES = Cases()  # values that every device holds
SPECIAL_CASES = Cases()  # an MLU2xx has neither Inf nor NaN


def with_nans(*shape, dtype="float32", seed=0, share=0.1):
    values = generator(shape, seed).normal(size=shape)
    values[generator("nan", shape, seed).random(shape) < share] = np.nan
    return mb.array(values, dtype)


for kind in ("max", "min"):
    extreme = {"max": mb.maximum, "min": mb.minimum}[kind]
    for dtype in ("float32", "float16"):
        SPECIAL_CASES.add(
            f"{kind}_of_two_{dtype}",
            lambda f=extreme, d=dtype: [
                f(with_nans(5, 70, dtype=d), with_nans(5, 70, dtype=d, seed=1)),
                f(with_nans(5, 70, dtype=d), with_nans(70, dtype=d, seed=1)),  # cycled through
                f(with_nans(70, dtype=d, share=0.5), normal(5, 1, dtype=d)),
                f(with_nans(5, 70, dtype=d), 0.25),
                f(with_nans(5000, dtype=d), with_nans(5000, dtype=d, seed=1)),
            ],
        )
        SPECIAL_CASES.add(
            f"{kind}_of_rows_{dtype}",
            lambda kind=kind, d=dtype: (
                [getattr(with_nans(6, 70, dtype=d, share=0.01), kind)(axis) for axis in (0, 1, None)]
                + [getattr(with_nans(3, 9000, dtype=d, share=1e-4), kind)(1)]
            ),
        )
    SPECIAL_CASES.add(f"{kind}_nan_first_and_last", lambda kind=kind: ends(kind))


def ends(kind):
    x = generator("ends").normal(size=(4, 65)).astype(np.float32)
    x[0, 0] = x[1, -1] = x[2, :] = np.nan
    return [getattr(mb.array(x), kind)(1), getattr(mb.array(x), kind)(0)]


@SPECIAL_CASES.case()
def pools():
    x = with_nans(1, 24, 9, 8, share=0.02)
    return F.max_pool2d(x, 3, stride=2, padding=1), F.max_pool2d(x, 2)


@SPECIAL_CASES.case()
def limits():
    x = mb.array(np.array([np.nan, np.inf, -np.inf, -1, 0, 1, 7], np.float32))
    return mb.relu(x), mb.clip(x, -0.5, 0.5), mb.exp(x), mb.log(x), mb.sqrt(abs(x)), x > 0, x == x


@CASES.case(1e-5)
def logarithm():
    exponents = np.concatenate([np.linspace(-37.9, 38.5, 150), [-8.2, -8.1, 5.7, 5.71]])
    return mb.log(mb.array((10.0**exponents).astype(np.float32)))


@CASES.case(1e-5)
def roots():
    x = mb.array((10.0 ** np.linspace(-37.9, 38.5, 150)).astype(np.float32))
    # relative to each value
    return mb.rsqrt(x) * mb.array(np.sqrt(x.numpy().astype(np.float64)).astype(np.float32)), mb.sqrt(x) / mb.sqrt(x + 0)


test_values_of_all_devices = on_targets(CASES)
test_nan = on_targets(SPECIAL_CASES, TARGETS[1:])

"""x[arrays] = v on the devices: the last writer of each place wins, and rows move as rows."""

from __future__ import annotations

import numpy as np
from programs import Cases, normal, on_targets

import metabang as mb

PROGRAMS = Cases()


def _positions(*shape: int, extent: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).integers(-extent, extent, shape).astype("int32")


_A, _B = _positions(9, extent=6), _positions(9, extent=5)
KEYS = {
    "rows": (_A,),
    "columns": (slice(None), _B),
    "of a slice": (slice(1, 6, 2), _B.reshape(3, 3)),
    "elements": (_A, _B),
    "beside an integer": (_A, slice(None), 2),
    "after an integer": (2, _B),
    "products of arrays": (_A[:3, None], _B[None, :4]),
    "the last dimension": (Ellipsis, _positions(9, extent=7)),
    "backwards": (_A, slice(None, None, -1)),
    "apart": (_A, slice(0, 2), _positions(9, extent=7)),
}


def _set(key, value):
    x = normal(6, 5, 7)
    x = x + 0
    x[tuple(mb.array(each) + 0 if isinstance(each, np.ndarray) else each for each in key)] = value
    return x


for name, key in KEYS.items():
    shape = np.zeros((6, 5, 7))[key].shape
    PROGRAMS.add(name, lambda key=key, shape=shape: _set(key, normal(*shape)))
    PROGRAMS.add(f"{name}, a number", lambda key=key: _set(key, 3.5))


test_devices = on_targets(PROGRAMS)


def test_as_numpy():
    for name, key in KEYS.items():
        x = np.arange(210.0, dtype="float32").reshape(6, 5, 7)
        value = -np.arange(float(x[key].size), dtype="float32").reshape(x[key].shape)
        y = mb.array(x) + 0
        y[tuple(mb.array(each) + 0 if isinstance(each, np.ndarray) else each for each in key)] = mb.array(value)
        x[key] = value
        np.testing.assert_array_equal(y.numpy(), x, err_msg=name)

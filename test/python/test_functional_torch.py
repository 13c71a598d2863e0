"""nn.functional against PyTorch: values and gradients in float64 (data/make_torch_functional.py wrote PyTorch's)."""

from pathlib import Path

import numpy as np
import pytest
from torch_cases import state, wave
from torch_functional import CALLS, RECURRENT, recurrent

import metabang as mb
from metabang import nn, reference
from metabang.nn import functional

EXPECTED = np.load(Path(__file__).parent / "data" / "torch_functional.npz")


@pytest.mark.parametrize("name", CALLS)
def test_values_and_gradients(name):
    result, leaves = CALLS[name](functional, mb.array)
    weights = mb.array(wave(result.shape, 0.9).astype(np.float64))
    got = reference.evaluate([result, *mb.grad(mb.sum(result * weights), leaves)])
    for k, value in enumerate(got):
        expected = EXPECTED[f"{name}.{k}"]
        # Numbers in formulas are float32 in both the file and the graph.
        np.testing.assert_allclose(value, expected, rtol=0, atol=1e-6 * max(1, np.abs(expected).max(initial=0)))


@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_layers(name):
    def load(layer):
        layer.load_state_dict(state({key: value.shape for key, value in layer.named_state()}))

    results, leaves = recurrent(name, nn, mb.array, load)
    weighted = [mb.sum(r * mb.array(wave(r.shape, 0.9).astype(np.float64))) for r in results]
    got = reference.evaluate([*results, *mb.grad(sum(weighted[1:], weighted[0]), leaves)])
    for k, value in enumerate(got):
        np.testing.assert_allclose(value, EXPECTED[f"{name}.{k}"], rtol=0, atol=1e-6 * max(1, np.abs(value).max()))


def test_every_function_that_differs_from_pytorch_only_in_name_is_compared():
    compared = {call.function for call in CALLS.values()}
    own = {name for name, value in vars(functional).items() if callable(value) and value.__module__ != "typing"}
    assert own - compared <= {"one_hot", "sigmoid", "tanh", "logsumexp", "dropout"}

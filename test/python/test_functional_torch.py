"""nn.functional against PyTorch: values and gradients in float64 (data/make_torch_functional.py wrote PyTorch's)."""

from pathlib import Path

import numpy as np
import pytest
from torch_cases import state, wave
from torch_functional import CALLS, MODULES, RECURRENT, module, recurrent

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


CASES = {**dict.fromkeys(RECURRENT, recurrent), **dict.fromkeys(MODULES, module)}


@pytest.mark.parametrize("name", CASES)
def test_layers(name):
    def load(layer):
        layer.load_state_dict(state({key: value.shape for key, value in layer.named_state()}))

    results, leaves = CASES[name](name, nn, mb.array, load)
    weighted = [mb.sum(r * mb.array(wave(r.shape, 0.9).astype(np.float64))) for r in results]
    got = reference.evaluate([*results, *mb.grad(sum(weighted[1:], weighted[0]), leaves)])
    for k, value in enumerate(got):
        np.testing.assert_allclose(value, EXPECTED[f"{name}.{k}"], rtol=0, atol=1e-6 * max(1, np.abs(value).max()))


def test_every_function_that_differs_from_pytorch_only_in_name_is_compared():
    compared = {call.function for call in CALLS.values()}
    own = {name for name, value in vars(functional).items() if callable(value) and value.__module__ != "typing"}
    assert own - compared <= {
        *("one_hot", "sigmoid", "tanh", "logsumexp", "dropout", "dropout1d", "dropout2d", "dropout3d", "max_unpool3d"),
        "alpha_dropout",
    }


def test_a_mask_and_causality_together():
    """PyTorch refuses them together; here they are one mask, and rows that see nothing are 0."""
    query, key, value = (mb.array(wave((2, 4, 3), phase)) for phase in (0.1, 0.2, 0.3))
    mask = np.arange(16).reshape(4, 4) % 3 > 0  # the first row sees only what comes later
    both = functional.scaled_dot_product_attention(query, key, value, mb.array(mask), is_causal=True)
    one = functional.scaled_dot_product_attention(query, key, value, mb.array(mask & np.tri(4, dtype=bool)))
    got, expected = reference.evaluate([both, one])
    np.testing.assert_array_equal(got, expected)
    assert (got[:, 0] == 0).all() and (got[:, 1] != 0).all()


def test_the_largest_difference_is_a_distance():
    a, b = mb.array(np.array([[1.0, 5.0]], np.float32)), mb.array(np.zeros((1, 2), np.float32))
    distance = functional.pairwise_distance(a, b, np.inf, eps=0.0)
    np.testing.assert_array_equal(reference.evaluate([distance, mb.grad(mb.sum(distance), a)])[0], [5])


def test_the_angle_to_nothing_has_a_gradient():
    a, b = mb.array(np.array([[1.0, 5.0]], np.float32)), mb.array(np.zeros((1, 2), np.float32))
    for each in reference.evaluate(mb.grad(mb.sum(functional.cosine_similarity(a, b)), [a, b])):
        assert np.isfinite(each).all()


@pytest.mark.parametrize("n, scale", [(10000, 1.0001), (20000, 1e-3)])
def test_nearest_stays_inside_by_factors_that_are_no_small_fractions(n, scale):
    x = mb.array(np.arange(1, n + 1, dtype=np.float32)[None, None])
    got = reference.evaluate([functional.interpolate(x, scale_factor=scale, mode="nearest")])[0]
    assert got.min() > 0

"""Layers and ResNet-18 against PyTorch, both in float64 (data/make_torch_outputs.py wrote PyTorch's results)."""

from pathlib import Path

import numpy as np
import pytest
from torch_cases import LAYERS, RESNET_SHAPE, SHAPE, state, wave

import metabang as mb
from metabang import models, nn, reference

OUTPUTS = np.load(Path(__file__).parent / "data" / "torch_outputs.npz")


def compare(module, shape, name, tolerance):
    module.load_state_dict(state({key: value.shape for key, value in module.named_state()}))
    (value,) = reference.evaluate([module(mb.array(wave(shape, 0.5)))])
    np.testing.assert_allclose(value, OUTPUTS[name], rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name):
    kind, arguments = LAYERS[name]
    # numbers in formulas are float32, PyTorch's are float64
    compare(getattr(nn, kind)(*arguments), SHAPE, name, 1e-6 if kind in ("GELU", "LeakyReLU", "Upsample") else 1e-9)


def test_resnet18():
    expected = np.abs(OUTPUTS["resnet18"]).max()
    compare(models.ResNet18(), RESNET_SHAPE, "resnet18", 1e-6 * expected)


def test_batch_norm_in_training():
    """The batch's statistics normalise, and move the running ones, as computed on the device."""
    layer = nn.BatchNorm2d(6).train()
    (value,) = reference.evaluate([layer(mb.array(wave(SHAPE, 0.5)))])
    np.testing.assert_allclose(value, OUTPUTS["batch_norm_training"], rtol=0, atol=1e-5)
    for name in ("running_mean", "running_var"):
        np.testing.assert_allclose(layer.state_dict()[name], OUTPUTS[name], rtol=0, atol=1e-5)

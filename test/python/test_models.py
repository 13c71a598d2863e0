"""The networks by name: parameter names, sizes, weights, and the right label for the shipped photo."""

import numpy as np
import pytest

import metabang as mb
from metabang import data, models, reference
from metabang.weights import WeightsError


def test_efficientnet_lite0_knows_the_photo():
    """In float64, with the trained weights: the true label comes first (0.957 in PyTorch's float64, too)."""
    model = models.get("efficientnet_lite0")
    logits = np.asarray(reference.evaluate([model.build()(mb.array(model.preprocess(data.PHOTO)))])[0])[0]
    odds = np.exp(logits - logits.max())
    assert logits.shape == (1000,) and logits.argmax() == data.PHOTO_LABEL
    assert abs(odds.max() / odds.sum() - 0.957) < 0.01


def test_sizes():
    """Parameter counts are those of the PyTorch packages."""
    for name, count in (("efficientnet_lite0", 4_652_008), ("resnet18", 11_689_512)):
        net = models.MODELS[name].network()
        assert sum(parameter.size for parameter in net.parameters()) == count


def test_resnet18_has_torchvisions_names_and_is_the_same_every_time():
    state = models.get("resnet18").build().state_dict()
    assert len(state) == 102  # torchvision: 122 with 20 num_batches_tracked
    assert state["layer2.0.downsample.0.weight"].shape == (128, 64, 1, 1)
    assert {"conv1.weight", "bn1.running_var", "layer4.1.bn2.bias", "layer3.0.downsample.1.weight", "fc.bias"} <= set(
        state
    )
    again = models.get("resnet18").build().state_dict()
    assert all(np.array_equal(state[name], again[name]) for name in state)


def test_weights_of_another_network_are_refused(tmp_path):
    with pytest.raises(WeightsError, match=r"cannot load weights from .*: the weights lack bn1\.bias and 101 more"):
        models.get("resnet18").build(models.get("efficientnet_lite0").trained())


def test_unknown_names():
    with pytest.raises(models.ModelError, match="did you mean resnet18"):
        models.get("resnet-18")
    with pytest.raises(models.ModelError, match="the models are: efficientnet_lite0, resnet18"):
        models.get("vit")

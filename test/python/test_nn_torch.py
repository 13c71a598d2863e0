"""Layers and ResNet-18 against PyTorch, both in float64."""

import numpy as np
import pytest
import torch
import torch.nn.functional as T

import metabang as mb
from metabang import models, nn, reference

RNG = np.random.default_rng(0)


def compare(y, expected, tolerance=1e-9):
    np.testing.assert_allclose(
        np.asarray(reference.evaluate([y])[0]), expected.detach().numpy(), rtol=0, atol=tolerance
    )


def image(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


LAYERS = [
    (nn.Conv2d(6, 4, 3, 2, 1, 2, groups=2), torch.nn.Conv2d(6, 4, 3, 2, 1, 2, groups=2)),
    (nn.Conv2d(6, 6, 5, padding="same", groups=6), torch.nn.Conv2d(6, 6, 5, padding="same", groups=6)),
    (nn.BatchNorm2d(6), torch.nn.BatchNorm2d(6).eval()),
    (nn.MaxPool2d(3, 2, 1), torch.nn.MaxPool2d(3, 2, 1)),
    (nn.AvgPool2d(3, 2, 1), torch.nn.AvgPool2d(3, 2, 1)),
    (nn.AdaptiveAvgPool2d((4, 3)), torch.nn.AdaptiveAvgPool2d((4, 3))),
    (nn.Linear(11, 4), torch.nn.Linear(11, 4)),
]


@pytest.mark.parametrize(("ours", "theirs"), LAYERS, ids=[type(a).__name__ for a, _ in LAYERS])
def test_layer(ours, theirs):
    """Also: a state dict of PyTorch's layer loads into ours."""
    for tensor in theirs.state_dict().values():
        if tensor.is_floating_point():
            tensor.uniform_(0.1, 1)
    ours.load_state_dict({name: tensor.numpy() for name, tensor in theirs.state_dict().items()})
    x = image(2, 6, 10, 11)
    compare(ours(mb.array(x)), theirs.double()(torch.from_numpy(x).double()))


def test_batch_norm_in_training():
    x = image(4, 3, 5, 5)
    ours, theirs = nn.BatchNorm2d(3).train(), torch.nn.BatchNorm2d(3).double().train()
    compare(ours(mb.array(x)), theirs(torch.from_numpy(x).double()), 1e-6)
    for name in ("running_mean", "running_var"):
        np.testing.assert_allclose(ours.state_dict()[name], theirs.state_dict()[name], atol=1e-5)


def test_resnet18():
    net = models.get("resnet18").build()
    state = {name: torch.from_numpy(array).double() for name, array in net.state_dict().items()}

    def norm(x, name):
        mean, var, weight, bias = (state[f"{name}.{k}"] for k in ("running_mean", "running_var", "weight", "bias"))
        return T.batch_norm(x, mean, var, weight, bias)

    x = image(1, 3, 64, 64)
    y = T.conv2d(torch.from_numpy(x).double(), state["conv1.weight"], stride=2, padding=3)
    y = T.max_pool2d(norm(y, "bn1").relu(), 3, 2, 1)
    for name in (f"layer{i}.{j}" for i in range(1, 5) for j in range(2)):
        stride = 2 if f"{name}.downsample.0.weight" in state else 1
        shortcut = y
        if stride == 2:
            shortcut = norm(T.conv2d(y, state[f"{name}.downsample.0.weight"], stride=2), f"{name}.downsample.1")
        y = norm(T.conv2d(y, state[f"{name}.conv1.weight"], stride=stride, padding=1), f"{name}.bn1").relu()
        y = (norm(T.conv2d(y, state[f"{name}.conv2.weight"], padding=1), f"{name}.bn2") + shortcut).relu()
    expected = T.linear(y.mean((2, 3)), state["fc.weight"], state["fc.bias"])
    compare(net(mb.array(x)), expected, 1e-6 * float(expected.abs().max()))

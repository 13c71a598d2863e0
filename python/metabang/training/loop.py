"""Epochs of an optimiser over batches, and the accuracy on what was held out."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

import metabang as mb
from metabang import nn
from metabang.compile import device_time
from metabang.nn import functional as F
from metabang.optim import Optimizer
from metabang.training.digits import Digits


@dataclass(frozen=True)
class Step:
    """One step of an epoch: its number from 1, of how many, the loss, and what it took in seconds on this machine
    (with the compilation, in the first) and in microseconds on the device (*modelled* on the simulator:
    `is_modelled`)."""

    number: int
    total: int
    loss: float
    seconds: float
    device_us: float
    is_modelled: bool


@dataclass(frozen=True)
class Epoch:
    """One pass: its number from 1, its steps, the accuracy on held-out images after it."""

    number: int
    steps: tuple[Step, ...]
    accuracy: float

    @property
    def loss(self) -> float:
        """The mean loss of its steps."""
        return float(np.mean([step.loss for step in self.steps]))


def train(
    net: nn.Module, data: Digits, optimizer: Optimizer, epochs: int, batch: int, seed: int = 0,
    on_step: Callable[[Step], None] | None = None,
) -> Iterator[Epoch]:  # fmt: skip
    """Trains and yields after each epoch; ``on_step`` is called after each step.

    Raises MetaBangError for a batch that is larger than the training images.
    """
    total = data.training // batch
    if not total:
        raise mb.MetaBangError(f"a batch of {batch} is larger than the {data.training} training images")
    classes = np.eye(data.classes, dtype=np.float32)
    for number in range(1, epochs + 1):
        net.train()
        steps: list[Step] = []
        for images, labels in data.batches(batch, seed + number):
            started = time.perf_counter()
            with device_time() as clock:
                # Labels as probabilities: the device has vectors of floats, not of every integer.
                loss = optimizer.step(F.cross_entropy(net(mb.array(images)), mb.array(classes[labels])))
            steps.append(Step(len(steps) + 1, total, loss, time.perf_counter() - started, clock.us, clock.is_modelled))
            if on_step:
                on_step(steps[-1])
        yield Epoch(number, tuple(steps), accuracy(net, data, batch))


def accuracy(net: nn.Module, data: Digits, batch: int) -> float:
    """The share of held-out images whose likeliest class is their label. They run in batches, of which the last is
    filled up, so that one program does."""
    images, labels = data.held_out
    net.eval()
    right = 0
    for start in range(0, len(labels), batch):
        part = images[start : start + batch]
        padded = np.concatenate([part, np.zeros((batch - len(part), *part.shape[1:]), part.dtype)])
        likeliest = net(mb.array(padded)).numpy()[: len(part)].argmax(1)
        right += int((likeliest == labels[start : start + batch]).sum())
    return right / len(labels)

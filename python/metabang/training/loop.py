"""Epochs of an optimiser over batches, and the accuracy on what was held out."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

import metabang as mb
from metabang import nn
from metabang.compile import DeviceTime, device_time
from metabang.nn import functional as F
from metabang.nn.windows import positive
from metabang.optim import LambdaLR, Optimizer
from metabang.training.digits import Digits


@dataclass(frozen=True)
class Step:
    """One step of an epoch: its number from 1, of how many, the loss, what it took in seconds on this machine (with
    the compilation, in the first), and `device`: its microseconds on the device and where its operators ran."""

    number: int
    total: int
    loss: float
    seconds: float
    device: DeviceTime


@dataclass(frozen=True)
class Epoch:
    """One pass: its number from 1, its steps, the accuracy on held-out images after it, the seconds that took, and on
    which side its operators ran."""

    number: int
    steps: tuple[Step, ...]
    accuracy: float
    test_seconds: float
    test_device: DeviceTime

    @property
    def loss(self) -> float:
        """The mean loss of its steps."""
        return float(np.mean([step.loss for step in self.steps]))


def train(
    net: nn.Module, data: Digits, optimizer: Optimizer, epochs: int, batch: int, seed: int = 0,
    schedule: LambdaLR | None = None, on_step: Callable[[int, Step], None] | None = None,
) -> Iterator[Epoch]:  # fmt: skip
    """Trains, and yields after each epoch. After a step ``schedule`` advances and ``on_step(epoch, step)`` is called.

    Raises MetaBangError for a batch that is larger than the training images, ShapeError for one below 1.
    """
    positive(batch=batch, epochs=epochs)
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
            steps.append(Step(len(steps) + 1, total, loss, time.perf_counter() - started, clock))
            if schedule:
                schedule.step()
            if on_step:
                on_step(number, steps[-1])
        started = time.perf_counter()
        with device_time() as clock:
            right = accuracy(net, data, batch)
        yield Epoch(number, tuple(steps), right, time.perf_counter() - started, clock)


def accuracy(net: nn.Module, data: Digits, batch: int) -> float:
    """The share of held-out images whose likeliest class is their label.

    They run in batches, of which the last is filled up, so that one program does. Weights and running statistics are
    inputs of it: as constants, which `net.eval()` makes of them, the host would fold them anew after each epoch.
    """
    images, labels = data.held_out
    net.train()
    for module in net.modules():
        module.training = False
    right = 0
    for start in range(0, len(labels), batch):
        part = images[start : start + batch]
        padded = np.concatenate([part, np.zeros((batch - len(part), *part.shape[1:]), part.dtype)])
        likeliest = mb.argmax(net(mb.array(padded)), 1).numpy()[: len(part)]
        right += int((likeliest == labels[start : start + batch]).sum())
    return right / len(labels)


def checksum(net: nn.Module) -> str:
    """A SHA-256 of the bits of all parameters and buffers with their names, 16 hexadecimal digits."""
    result = hashlib.sha256()
    for name, value in sorted(net.state_dict().items()):
        result.update(f"{name} {value.dtype} {value.shape}".encode() + np.ascontiguousarray(value).tobytes())
    return result.hexdigest()[:16]

"""Epochs of an optimiser over batches, and the accuracy on what was held out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

import metabang as mb
from metabang import nn
from metabang.nn import functional as F
from metabang.optim import Optimizer
from metabang.training.digits import Digits


@dataclass(frozen=True)
class Epoch:
    """What one epoch did: its number from 1, the mean loss, the accuracy on held-out images (None: not computed)."""

    number: int
    loss: float
    accuracy: float | None


def train(
    net: nn.Module, data: Digits, optimizer: Optimizer, epochs: int, batch: int, seed: int = 0,
    limit: int | None = None, on_step: Callable[[int, int, float], None] | None = None,
) -> Iterator[Epoch]:  # fmt: skip
    """Trains and yields after each epoch. ``limit``: at most so many steps an epoch. ``on_step(done, total, loss)``."""
    steps = data.training // batch if limit is None else min(limit, data.training // batch)
    if not steps:
        raise mb.MetaBangError(f"a batch of {batch} is larger than the {data.training} training images")
    for number in range(1, epochs + 1):
        net.train()
        losses = []
        for images, labels in data.batches(batch, seed + number):
            if len(losses) == steps:
                break
            loss = F.cross_entropy(net(mb.array(images)), mb.array(labels))
            losses.append(optimizer.step(loss))
            if on_step:
                on_step(len(losses), steps, losses[-1])
        yield Epoch(number, float(np.mean(losses)), accuracy(net, data) if limit is None else None)


def accuracy(net: nn.Module, data: Digits) -> float:
    """The share of held-out images whose likeliest class is their label."""
    images, labels = data.held_out
    net.eval()
    return float((net(mb.array(images)).numpy().argmax(1) == labels).mean())

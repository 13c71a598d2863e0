"""Judges seeds in a process of its own, so that an abort, a segmentation fault or an endless loop is a failure too."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Sequence
from random import Random

from metabang.fuzz.draw import draw
from metabang.fuzz.judge import Failure, judge

SECONDS = 120.0  # for one program; a batch of them has as much more


def judge_seeds(seeds: Sequence[int], target: str, seconds: float = SECONDS) -> list[Failure]:
    """What fails among the programs of `seeds`. A group whose process dies is halved until one program is alone."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(list(seeds), target, sender))
    process.start()
    sender.close()
    try:
        if receiver.poll(seconds * (1 + len(seeds) / 10)):
            return receiver.recv()
        reason = f"no result after {seconds:g} s"
    except EOFError:
        process.join()
        code = process.exitcode or 0
        reason = f"the process ended by {signal.Signals(-code).name}" if code < 0 else f"the process ended with {code}"
    finally:
        process.kill()
        process.join()
    if len(seeds) > 1:
        half = len(seeds) // 2
        return judge_seeds(seeds[:half], target, seconds) + judge_seeds(seeds[half:], target, seconds)
    return [Failure(draw(Random(seeds[0]), target, seeds[0]).told(), target, reason)]


def _work(seeds: list[int], target: str, sender) -> None:
    failures = judge([draw(Random(seed), target, seed) for seed in seeds], target)
    sender.send([Failure(each.drawn.told(), each.target, each.reason) for each in failures])

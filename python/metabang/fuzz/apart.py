"""Judges seeds in processes of their own, so that an abort or an endless loop is a failure too."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from random import Random

from metabang.fuzz.coverage import covered
from metabang.fuzz.draw import Drawn, draw
from metabang.fuzz.judge import Failure, judge

SECONDS = 120.0  # for one program; each further one of a batch has a tenth of it


@dataclass(frozen=True)
class Judged:
    """What fails among the programs of `seeds` on `target`, and the operators they consist of (coverage.py)."""

    seeds: Sequence[int]
    target: str
    failures: list[Failure]
    operators: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass
class _Running:
    """A batch in its process. What that leaves in `directory` disappears with it, however it ends."""

    seeds: Sequence[int]
    target: str
    process: BaseProcess
    ends: float
    directory: tempfile.TemporaryDirectory
    drawn: Sequence[Drawn] = ()  # once the process has told

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)  # its compilers too
        self.process.kill()
        self.process.join()
        self.directory.cleanup()


def judge_batches(
    batches: Iterable[tuple[Sequence[int], str]], workers: int, seconds: float = SECONDS
) -> Iterator[Judged]:
    """Judges batches (seeds, target), `workers` at a time, and yields what became of each as it ends.

    A batch whose process dies or does not end in time (`seconds` for one program) is halved, until one program is
    alone, which is a failure.
    """
    todo, halves = iter(batches), list[tuple[Sequence[int], str]]()
    running: dict[Connection, _Running] = {}
    try:
        while True:
            while len(running) < workers and (batch := halves.pop() if halves else next(todo, None)):
                receiver, started = _start(*batch, seconds)
                running[receiver] = started
            if not running:
                return
            patience = min(each.ends for each in running.values()) - time.monotonic()
            ready = wait(list(running), max(patience, 0))
            late = [r for r, each in running.items() if r not in ready and each.ends <= time.monotonic()]
            for receiver in (*ready, *late):
                found = _received(receiver, running[receiver], seconds)
                if isinstance(found, list):
                    running[receiver].drawn = found
                    continue
                ended = running.pop(receiver)
                ended.stop()
                if isinstance(found, str) and len(ended.seeds) > 1:
                    half = len(ended.seeds) // 2
                    halves += [(ended.seeds[:half], ended.target), (ended.seeds[half:], ended.target)]
                elif isinstance(found, str):
                    (drawn,) = ended.drawn or [Drawn(ended.seeds[0], [], ["this ended while it was drawn"])]
                    yield Judged(ended.seeds, ended.target, [Failure(drawn, ended.target, found)])
                else:
                    yield found
    finally:
        for each in running.values():
            each.stop()


def _start(seeds: Sequence[int], target: str, seconds: float) -> tuple[Connection, _Running]:
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    directory = tempfile.TemporaryDirectory(prefix="metabang-fuzz-", ignore_cleanup_errors=True)
    process = context.Process(target=_work, args=(list(seeds), target, directory.name, sender), daemon=True)
    process.start()
    sender.close()
    return receiver, _Running(seeds, target, process, time.monotonic() + seconds * (1 + len(seeds) / 10), directory)


def _received(receiver: Connection, batch: _Running, seconds: float) -> Judged | list[Drawn] | str:
    """What the process sent (first the programs, then what became of them), or a sentence that says how it ended."""
    try:
        if receiver.poll(0):
            return receiver.recv()
    except EOFError:
        batch.process.join()
        code = batch.process.exitcode or 0
        return f"the process ended by {signal.Signals(-code).name}" if code < 0 else f"the process ended with {code}"
    return f"no result after {seconds:g} s"


def _work(seeds: list[int], target: str, directory: str, sender: Connection) -> None:
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that started this
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    tempfile.tempdir = directory
    programs, failures = [], []
    for seed in seeds:
        try:
            programs.append(draw(Random(seed), seed))
        except Exception as error:
            failures.append(Failure(Drawn(seed, [], []), target, f"drawing it raises {type(error).__name__}: {error}"))
    sender.send([each.told() for each in programs])
    operators = covered(programs)
    failures += [Failure(each.drawn.told(), each.target, each.reason) for each in judge(programs, target)]
    sender.send(Judged(seeds, target, failures, operators))

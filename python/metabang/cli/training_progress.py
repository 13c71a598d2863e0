"""What `metabang train` prints while a network trains."""

import time
from contextlib import contextmanager

from rich.progress import BarColumn, TextColumn

from metabang.cli.progress import bar


def duration(seconds: float) -> str:
    """Such as "40 s", "3 min"."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def how(device) -> str:
    return "modelled" if device.is_modelled else "measured"


class TrainingProgress:
    """What is printed while a network trains, and how long it will still take."""

    def __init__(self, epochs: int, steps: int) -> None:
        self.epochs, self.steps = epochs, steps
        self.started = time.perf_counter()
        self.seconds: list[float] = []  # of the steps but the first, which compiles
        self.test_seconds: list[float] = []
        self.compiled = 0
        self.bar = bar(BarColumn(), TextColumn("{task.description}"))
        self.task = self.bar.add_task("", total=epochs * steps)

    @contextmanager
    def shown(self):
        """On a terminal, a bar tells the kernel that compiles or the step."""
        import metabang as mb

        stop = mb.add_progress(self._compiling)
        try:
            with self.bar:
                yield
        finally:
            stop()

    def step(self, epoch: int, step) -> None:
        """After each step; the first one reports what the compilation took."""
        first = (epoch, step.number) == (1, 1)
        if not first:
            self.seconds.append(step.seconds)
        left = self._left(epoch, step.number)
        if first:
            self.say(
                f"first step   loss {step.loss:.4f}   {step.seconds:.1f} s on this machine, {self.compiled} kernels "
                f"compiled, {step.device.kernels} launches"
            )
        text = (
            f"epoch {epoch}/{self.epochs}   step {step.number}/{self.steps}   loss {step.loss:.4f}   "
            f"{step.device.us / 1e3:.2f} ms a step ({how(step.device)})" + (f"   {left} left" if left else "")
        )
        self.bar.update(self.task, description=text, completed=(epoch - 1) * self.steps + step.number)

    def epoch(self, epoch, target: str) -> None:
        self.test_seconds.append(epoch.test_seconds)
        step = epoch.steps[-1].device
        left = self._left(epoch.number, self.steps, tested=True)
        self.say(
            f"epoch {epoch.number:3}   loss {epoch.loss:.4f}   held-out accuracy {epoch.accuracy:6.2%}   "
            f"{time.perf_counter() - self.started:.1f} s on this machine   "
            f"{step.us / 1e3:.2f} ms a step on {target} ({how(step)})" + (f"   {left} left" if left else "")
        )

    def say(self, text: str, file=None) -> None:
        print(text, file=file, flush=True)

    def _left(self, epoch: int, step: int, tested: bool = False) -> str:
        """The time that the steps and tests to come will take, "" if that is not known or nothing."""
        if not self.seconds:
            return ""
        steps = (self.epochs - epoch) * self.steps + self.steps - step
        tests = self.epochs - epoch + (not tested)
        of_a_test = self.test_seconds[-1] if self.test_seconds else 0.0
        seconds = steps * sum(self.seconds[-10:]) / len(self.seconds[-10:]) + tests * of_a_test
        return duration(seconds) if steps or tests else ""

    def _compiling(self, done: int, total: int, name: str) -> None:
        self.compiled += 1
        self.bar.update(self.task, description=f"compiling kernels {done}/{total}   {name}")

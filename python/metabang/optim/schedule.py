"""Learning-rate schedules: `schedule.step()` after each epoch (or step) sets the optimiser's `lr`."""

import math
from collections.abc import Callable, Sequence

from metabang.arguments import described, is_number
from metabang.errors import DTypeError, MetaBangError
from metabang.optim.optimizer import Optimizer


class LambdaLR:
    """lr = the first lr * factor(t), t the number of steps so far."""

    def __init__(self, optimizer: Optimizer, factor: Callable[[int], float]) -> None:
        self.optimizer, self.factor = optimizer, factor
        self.base, self.t = optimizer.lr, -1
        self.step()

    def step(self) -> None:
        """Sets the rate of the next step. Raises DTypeError if the factor is no number."""
        self.t += 1
        factor = self.factor(self.t)
        if not is_number(factor):
            raise DTypeError(f"the factor of a learning rate is a number, got {described(factor)}")
        self.optimizer.lr = self.base * factor


def _positive(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise MetaBangError(f"{name} of a schedule has to be at least 1, got {count}")


class StepLR(LambdaLR):
    """Times `gamma` every `step_size` steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        _positive(step_size=step_size)
        super().__init__(optimizer, lambda t: gamma ** (t // step_size))


class MultiStepLR(LambdaLR):
    """Times `gamma` at each of `milestones`."""

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1) -> None:
        super().__init__(optimizer, lambda t: gamma ** sum(t >= m for m in milestones))


class ExponentialLR(LambdaLR):
    """Times `gamma` every step."""

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        super().__init__(optimizer, lambda t: gamma**t)


class CosineAnnealingLR(LambdaLR):
    """From lr to `eta_min` along half a cosine in `T_max` steps (Loshchilov and Hutter 2016)."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        _positive(T_max=T_max)
        low = eta_min / optimizer.lr if optimizer.lr else 0.0
        super().__init__(optimizer, lambda t: low + (1 - low) * (1 + math.cos(math.pi * t / T_max)) / 2)


class WarmupLR(LambdaLR):
    """Linearly from `start` * lr to lr in `steps` steps."""

    def __init__(self, optimizer: Optimizer, steps: int, start: float = 0.1) -> None:
        super().__init__(optimizer, lambda t: min(1.0, start + (1 - start) * t / max(steps, 1)))

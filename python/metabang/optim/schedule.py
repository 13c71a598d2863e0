"""Learning-rate schedules: `schedule.step()` after each epoch (or step) sets the optimiser's `lr`."""

import math
from collections.abc import Callable, Sequence

from metabang.arguments import described, is_number
from metabang.errors import DTypeError, MetaBangError
from metabang.optim.optimizer import Optimizer


class LambdaLR:
    """lr = the first lr * factor(t) in each group of parameters, t the number of steps so far."""

    floor = 0.0  # what the factor does not scale

    def __init__(self, optimizer: Optimizer, factor: Callable[[int], float]) -> None:
        self.optimizer, self.factor = optimizer, factor
        self.bases, self.t = [group["lr"] for group in optimizer.param_groups], -1
        self.step()

    def step(self) -> None:
        """Sets the rate of the next step. Raises DTypeError if the factor is no number, or takes none."""
        self.t += 1
        try:
            factor = self.factor(self.t)
        except TypeError as error:
            if error.__traceback__.tb_next is None:  # raised by the call itself
                raise DTypeError(f"the factor of a learning rate is called with the number of steps: {error}") from None
            raise
        if not is_number(factor):
            raise DTypeError(f"the factor of a learning rate is a number, got {described(factor)}")
        for group, base in zip(self.optimizer.param_groups, self.bases):
            group["lr"] = self.floor + (base - self.floor) * factor


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
        self.floor = eta_min
        super().__init__(optimizer, lambda t: (1 + math.cos(math.pi * t / T_max)) / 2)


class CosineAnnealingWarmRestarts(LambdaLR):
    """Half a cosine from lr to `eta_min` in `T_0` steps, again and again, each `T_mult` times as long as the last."""

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> None:
        _positive(T_0=T_0, T_mult=T_mult)
        self.floor = eta_min

        def factor(t: int) -> float:
            length = T_0
            while t >= length and T_mult > 1:
                t, length = t - length, length * T_mult
            return (1 + math.cos(math.pi * (t % length) / length)) / 2

        super().__init__(optimizer, factor)


class LinearLR(LambdaLR):
    """Linearly from `start_factor` * lr to `end_factor` * lr in `total_iters` steps."""

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ) -> None:
        _positive(total_iters=total_iters)
        slope = (end_factor - start_factor) / total_iters
        super().__init__(optimizer, lambda t: start_factor + slope * min(t, total_iters))


class PolynomialLR(LambdaLR):
    """lr * (1 - t / total_iters)**power, 0 after `total_iters` steps."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0) -> None:
        _positive(total_iters=total_iters)
        super().__init__(optimizer, lambda t: (1 - min(t, total_iters) / total_iters) ** power)


class WarmupLR(LambdaLR):
    """Linearly from `start` * lr to lr in `steps` steps."""

    def __init__(self, optimizer: Optimizer, steps: int, start: float = 0.1) -> None:
        super().__init__(optimizer, lambda t: min(1.0, start + (1 - start) * t / max(steps, 1)))

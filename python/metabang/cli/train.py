"""``metabang train``: a small network learns scikit-learn's digits on the device."""

import sys
import time
from typing import Annotated

import typer

from metabang.cli import options
from metabang.cli.errors import reports_errors
from metabang.cli.files import check_writable, write_json


@reports_errors
def train(
    network: Annotated[str, typer.Argument(help="cnn (two convolutions) or resnet18.")] = "cnn",
    target: options.Target = "mtp_372",
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the 1500 training images.")] = 10,
    batch: Annotated[int, typer.Option(min=1, help="Images a step.")] = 50,
    lr: Annotated[float, typer.Option(help="Learning rate of Adam, halved every third epoch.")] = 2e-3,
    seed: Annotated[int, typer.Option(help="Of the first weights and the order of images; same seed, same bits.")] = 0,
    steps: Annotated[int | None, typer.Option(min=1, help="At most so many steps an epoch, no accuracy.")] = None,
    json: options.Json = None,
) -> None:
    """Train a network on scikit-learn's digits: forward, backward and update run on the device."""
    import metabang as mb
    from metabang import nn, optim
    from metabang.training import NETWORKS, Digits
    from metabang.training import train as run

    if network not in NETWORKS:
        raise options.OptionError(f"there is no network named {network!r}; choose {' or '.join(NETWORKS)}")
    options.precision(target, None)
    check_writable(json)
    data = Digits.load()
    nn.init.seed(seed)
    net = NETWORKS[network]()
    optimizer = optim.Adam(net.parameters(), lr)
    schedule = optim.StepLR(optimizer, 3, 0.5)
    started = time.perf_counter()
    history = []
    with mb.target(target), _steps() as on_step:
        for epoch in run(net, data, optimizer, epochs, batch, seed, steps, on_step):
            schedule.step()
            history.append(epoch)
            right = "" if epoch.accuracy is None else f"   held-out accuracy {epoch.accuracy:6.2%}"
            seconds = f"{time.perf_counter() - started:.1f} s on this machine"
            print(f"epoch {epoch.number:3}   loss {epoch.loss:.4f}{right}   {seconds}", flush=True)
    if json:
        write_json(json, {
            "network": network, "target": target, "seed": seed, "batch": batch, "lr": lr,
            "epochs": [{"loss": e.loss, "accuracy": e.accuracy} for e in history],
            "seconds": time.perf_counter() - started,
        })  # fmt: skip


class _steps:
    """A line on the terminal that tells the step; nothing without a terminal."""

    def __enter__(self):
        return self.show if sys.stderr.isatty() else None

    def __exit__(self, *error) -> None:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)

    def show(self, done: int, total: int, loss: float) -> None:
        print(f"\r\033[Kstep {done}/{total}   loss {loss:.4f}", end="" if done < total else "\r\033[K", file=sys.stderr,
              flush=True)  # fmt: skip

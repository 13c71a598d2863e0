"""``metabang train``: a small network learns scikit-learn's digits on the device."""

import sys
import time
from contextlib import contextmanager
from typing import Annotated

import typer

from metabang.cli import options
from metabang.cli.errors import reports_errors
from metabang.cli.files import check_writable, write_json


@reports_errors
def train(
    network: Annotated[str, typer.Argument(help="cnn (two convolutions) or resnet18.")] = "cnn",
    target: options.Target = "mtp_372",
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training images.")] = 10,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many of the 1500 training images.")] = None,
    batch: Annotated[int, typer.Option(min=1, help="Images a step.")] = 50,
    lr: Annotated[float, typer.Option(help="Learning rate of Adam, halved every third epoch.")] = 2e-3,
    seed: Annotated[int, typer.Option(help="Of the first weights and the order of images; same seed, same bits.")] = 0,
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
    if limit is not None:
        data = data.limited(limit)
    nn.init.seed(seed)
    net = NETWORKS[network]()
    optimizer = optim.Adam(net.parameters(), lr)
    schedule = optim.StepLR(optimizer, 3, 0.5)
    started = time.perf_counter()
    history = []
    with mb.target(target), _progress() as on_step:
        for epoch in run(net, data, optimizer, epochs, batch, seed, on_step):
            schedule.step()
            history.append(epoch)
            step = epoch.steps[-1]
            how = "modelled" if step.is_modelled else "measured"
            print(
                f"epoch {epoch.number:3}   loss {epoch.loss:.4f}   held-out accuracy {epoch.accuracy:6.2%}   "
                f"{time.perf_counter() - started:.1f} s on this machine   "
                f"{step.device_us / 1e3:.2f} ms a step on {target} ({how})",
                flush=True,
            )
    if json:
        write_json(json, {
            "network": network, "target": target, "seed": seed, "batch": batch, "lr": lr,
            "device_time_is": "modelled" if history[-1].steps[-1].is_modelled else "measured",
            "epochs": [{
                "loss": e.loss, "accuracy": e.accuracy, "losses": [s.loss for s in e.steps],
                "seconds": [s.seconds for s in e.steps], "device_us": [s.device_us for s in e.steps],
            } for e in history],
            "seconds": time.perf_counter() - started,
        })  # fmt: skip


@contextmanager
def _progress():
    """One line on the terminal that tells the kernel that compiles or the step; nothing without a terminal."""
    import metabang as mb

    def show(text: str) -> None:
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

    if not sys.stderr.isatty():
        yield None
        return
    stop = mb.add_progress(lambda done, total, name: show(f"compiling kernels {done}/{total}   {name}"))
    try:
        yield lambda step: show(f"step {step.number}/{step.total}   loss {step.loss:.4f}   {step.seconds:.1f} s")
    finally:
        stop()
        show("")

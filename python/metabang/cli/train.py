"""``metabang train``: a small network learns scikit-learn's digits on the device."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from metabang.cli import options
from metabang.cli.errors import reports_errors
from metabang.cli.files import check_writable, write_json
from metabang.cli.training_progress import TrainingProgress, how

INTERRUPTED = 130  # as a shell calls SIGINT


@reports_errors
def train(
    network: Annotated[str, typer.Argument(help="cnn (two convolutions) or resnet18.")] = "cnn",
    target: options.Target = "mtp_372",
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the training images. Default: 10; 4.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many of the 1500 training images. Default: all; 400.")
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Images a step. Default: 50; 25.")] = None,
    lr: Annotated[
        float | None,
        typer.Option(help="Adam's rate. Default: 2e-3, halved every third pass; 1e-3, falling to 0 along a cosine."),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Of the first weights and the order of images; same seed, same bits.")
    ] = 0,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the weights after each epoch, as safetensors.")
    ] = None,
    json: options.Json = None,
) -> None:
    """Train a network on scikit-learn's digits: forward, backward and update run on the device."""
    import metabang as mb
    from metabang import nn, optim, weights
    from metabang.training import EXAMPLES, NETWORKS, Digits, checksum
    from metabang.training import train as run

    if network not in NETWORKS:
        raise options.OptionError(f"there is no network named {network!r}; choose {' or '.join(NETWORKS)}")
    options.precision(target, None)
    check_writable(json)
    check_writable(save)
    example = EXAMPLES[network]
    epochs, batch, lr = epochs or example.epochs, batch or example.batch, example.lr if lr is None else lr
    data = Digits.load().limited(limit or example.images)
    per_epoch = max(data.training // batch, 1)
    nn.init.seed(seed)
    net = NETWORKS[network]()
    optimizer = optim.Adam(net.parameters(), lr)
    schedule = (
        optim.CosineAnnealingLR(optimizer, epochs * per_epoch)
        if example.cosine
        else optim.StepLR(optimizer, 3 * per_epoch, 0.5)
    )
    history, clocks = [], []
    progress = TrainingProgress(epochs, per_epoch)
    with mb.target(target), progress.shown():
        try:
            for epoch in run(net, data, optimizer, epochs, batch, seed, schedule, progress.step):
                if save:  # before the epoch counts as done: what an interruption says of the file is true
                    weights.save(save, net.state_dict())
                history.append(epoch)
                clocks += [*(step.device for step in epoch.steps), epoch.test_device]
                progress.epoch(epoch, target)
        except KeyboardInterrupt:
            done = f"{len(history)} of {epochs} epochs were done"
            kept = f"; {save} holds the weights after the last of them" if save and history else ""
            progress.say(f"stopped: {done}{kept}", sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
    step = history[-1].steps[-1].device
    total = {name: sum(getattr(clock, name) for clock in clocks) for name in ("operators", "kernels", "host_operators")}
    print(
        f"a step: {step.operators} operators in {step.kernels} kernels   the whole run: {total['operators']} operators "
        f"on the device, {total['host_operators']} on the host"
    )
    print(f"checksum of the weights {checksum(net)}" + (f"   {save}" if save else ""))
    if json:
        write_json(json, {
            "network": network, "target": target, "seed": seed, "batch": batch, "lr": lr, "images": data.training,
            "device_time_is": how(step), "checksum": checksum(net), **total,
            "epochs": [{
                "loss": e.loss, "accuracy": e.accuracy, "losses": [s.loss for s in e.steps],
                "seconds": [s.seconds for s in e.steps], "device_us": [s.device.us for s in e.steps],
            } for e in history],
            "seconds": time.perf_counter() - progress.started,
        })  # fmt: skip

"""What `metabang run` computes: one inference, and the figures about it."""

import os
import time
from dataclasses import asdict

import numpy as np

import metabang as mb
from metabang import data, reference
from metabang.cli.progress import compile_bar
from metabang.cli.version import version
from metabang.models import Model


def classify(
    model: Model,
    photo: str | os.PathLike,
    target: str,
    weights: str | os.PathLike | None,
    operands: tuple[str, dict],
    compare: bool,
    profile: bool,
    dump: str | os.PathLike | None,
) -> dict:
    """Runs ``model`` on ``photo`` and returns the figures. ``operands``: see ``options.precision``.

    Times end in their unit: ``_us`` on the device (``time_is`` says modelled or measured), ``_seconds`` on the host.
    """
    dtype, compiler_options = operands
    pixels = model.preprocess(photo)
    image = model.input()
    logits = model.build(weights)(image)
    started = time.perf_counter()
    with compile_bar() as progress:
        program = mb.compile(
            [logits], [image], target, compiler_options, str(dump) if dump else None, progress=progress
        )
    compiled = time.perf_counter()
    (output,) = program.run([pixels], profile=profile)
    finished = time.perf_counter()
    plan = program.plan
    figures = {
        "model": model.name,
        "weights": str(weights) if weights else ("trained" if model.trained else "seeded"),
        "image": str(photo),
        "target": target,
        "device": "simulator" if program.is_modelled else "card",
        "dtype": dtype,
        "version": version(),
        "top": top(output[0]),
        "device_time_us": program.device_time_us,
        "time_is": "modelled" if program.is_modelled else "measured",
        "kernels": len(plan["kernels"]),
        "launches": len(plan["launches"]),
        "compile_seconds": compiled - started,
        "run_seconds": finished - compiled,
    }
    if profile:
        figures["profile"] = [asdict(launch) for launch in program.profile()]
    if compare:
        (exact,) = reference.evaluate([logits], {image: pixels})
        figures["error"] = error(output[0], exact[0])
    return figures


def top(logits: np.ndarray, count: int = 5) -> list[dict]:
    """The likeliest labels; probabilities are the softmax of the logits, in float64."""
    odds = np.exp(logits.astype(np.float64) - logits.max())
    odds /= odds.sum()
    labels = data.imagenet_labels()
    best = np.argsort(-odds)[:count]
    return [{"label": labels[i], "class": int(i), "probability": float(odds[i])} for i in best]


def error(output: np.ndarray, exact: np.ndarray) -> dict:
    """Largest absolute error of the logits, also relative to the largest logit, and whether the first label agrees."""
    worst = float(np.abs(output - exact).max())
    return {
        "max_abs": worst,
        "relative": worst / float(np.abs(exact).max()),
        "same_first_label": bool(output.argmax() == exact.argmax()),
    }

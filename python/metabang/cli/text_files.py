"""A plan as text files, written whole or not at all."""

import json
import os
import shutil
import tempfile
from pathlib import Path

from metabang.cli.files import OutputError


def write_plan(plan: dict, folder: str | os.PathLike) -> list[str]:
    """Writes ``KERNEL.mlu`` for each kernel and ``plan.json`` (last) to ``folder``, which is created if need be.

    Everything is written beside the folder first and then renamed into it, and kernels of an earlier plan that the
    new one lacks are removed: a failure leaves what was there before.

    Returns:
        The names of the .mlu files.

    Raises:
        OutputError: the folder cannot be written, is a file, or the disk is full.
    """
    folder = Path(folder)
    names = [f"{kernel['name']}.mlu" for kernel in plan["kernels"]]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".metabang-", dir=folder))
        try:
            for name, kernel in zip(names, plan["kernels"], strict=True):
                (staging / name).write_text(kernel["text"], encoding="utf-8")
            (staging / "plan.json").write_text(json.dumps(plan, indent=1) + "\n", encoding="utf-8")
            stale = _kernels_in(folder) - set(names)
            for name in (*names, "plan.json"):
                os.replace(staging / name, folder / name)
            for name in stale:
                (folder / name).unlink(missing_ok=True)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror}; name a folder that can be written") from None
    return names


def _kernels_in(folder: Path) -> set[str]:
    """The .mlu files that an earlier plan.json of the folder lists."""
    try:
        plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        return {f"{kernel['name']}.mlu" for kernel in plan["kernels"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()

"""Runs a program that metabang-cncc built, and reads what the simulator logged about it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from metabang.input_errors import InputError


class ProgramError(InputError, RuntimeError):
    """A program that cannot be run, or that has nothing to do with the simulator."""


@dataclass
class Run:
    """One run. `profiles` are the launches as mluSimProfiles answers them, `stopped` counts those that a report ended;
    `inputs` and `results` are digests of what was copied to and from the device."""

    status: int
    reports: list[str] = field(default_factory=list)
    profiles: list[dict] = field(default_factory=list)
    stopped: int = 0
    inputs: str = ""
    results: str = ""


def built(program: str, folder: str, target: str | None) -> str:
    """The executable: `program` itself, or what a source becomes in `folder`. Raises ProgramError."""
    path = Path(program)
    if not path.is_file():
        raise ProgramError(
            f"{program} is no file; name a program that metabang-cncc built, or a .mlu file with a main()"
        )
    if path.suffix in (".mlu", ".cpp", ".cc"):
        return _build(path, Path(folder) / path.stem, target)
    if not os.access(path, os.X_OK):
        raise ProgramError(f"{program} cannot be executed; name a program that metabang-cncc built, or a .mlu file")
    return str(path.resolve())


def _build(source: Path, output: Path, target: str | None) -> str:
    from metabang.cncc.build import Builder, BuildError
    from metabang.cncc.options import Input, Options, UsageError
    from metabang.cncc.rewrite import SyntaxProblem

    options = Options(inputs=[Input(str(source), "bang")], output=str(output), arches=[target] if target else [])
    try:
        Builder(options).build()
    except (BuildError, SyntaxProblem, UsageError) as error:
        raise ProgramError(f"{source} does not compile:\n{error}") from None
    return str(output)


def run(command: Sequence[str], environment: Mapping[str, str], show: bool) -> Run:
    """Runs the command; what it prints is shown or thrown away. Raises ProgramError."""
    with tempfile.TemporaryDirectory(prefix="metabang-run-") as folder:
        log = Path(folder) / "log"
        output = None if show else subprocess.DEVNULL
        try:
            done = subprocess.run(
                command,
                env={**os.environ, **environment, "MLU_SIM_LOG": str(log)},
                stdin=None if show else subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
        except OSError as error:
            raise ProgramError(f"{command[0]} cannot be run: {error.strerror}") from None
        result = Run(done.returncode)
        for line in log.read_text(errors="replace").splitlines() if log.exists() else []:
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # the process was killed while it wrote
            if "report" in entry:
                result.reports.append(entry["report"])
                result.stopped += entry["launch"]
            else:
                result.profiles += entry["profiles"]
                result.inputs, result.results = entry["inputs"], entry["results"]
        return result


def check_ran(program: str, done: Run) -> None:
    """Raises ProgramError if the program launched no kernel on the simulator."""
    if not done.profiles and not done.reports:
        raise ProgramError(
            f"{program} launched no kernel on the simulator (exit status {done.status}); build it with metabang-cncc"
        )

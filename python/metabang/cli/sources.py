"""What `metabang build` compiles: a network by name, or what a user's file builds."""

import os
import runpy
import traceback
from pathlib import Path

import metabang as mb
from metabang.errors import MetaBangError
from metabang.input_errors import InputError


class SourceError(InputError):
    """A user's file that cannot be built."""


def outputs_of(what: str, weights: str | os.PathLike | None) -> tuple[list[mb.Var], list[mb.Var]]:
    """Outputs and inputs of the program that ``what`` names.

    Raises:
        SourceError: the file is missing, fails, or has no main() that returns Vars.
        ModelError: there is no such network.
    """
    if what.endswith(".py") or os.sep in what:
        if weights is not None:
            raise SourceError(f"--weights belongs to a network by name; {what} sets its own values")
        return _run_main(Path(what)), []
    from metabang import models

    model = models.get(what)
    image = model.input()
    return [model.build(weights)(image)], [image]


def _run_main(path: Path) -> list[mb.Var]:
    if not path.is_file():
        raise SourceError(f"{path} is no file; give a Python file with a main() or one of `metabang models`")
    try:
        main = runpy.run_path(str(path), run_name="metabang_build").get("main")
        if not callable(main):
            raise SourceError(f"{path} has no main(); define one that builds and returns a Var")
        result = main()
    except MetaBangError:
        raise
    except Exception as error:  # the user's program may raise anything
        raise SourceError(f"{_place(error, path)}: {type(error).__name__}: {error}") from error
    outputs = list(result) if isinstance(result, (list, tuple)) else [result]
    if not outputs or not all(isinstance(output, mb.Var) for output in outputs):
        raise SourceError(f"main() of {path} returns {type(result).__name__}; return a Var, or a list of Vars")
    return outputs


def _place(error: Exception, path: Path) -> str:
    """The last line of the user's file on the way to the error."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path}:{error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{path}:{lines[-1]}" if lines else str(path)

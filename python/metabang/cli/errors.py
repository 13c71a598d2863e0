"""What a command does with an exception: one sentence on stderr and an exit status, never a traceback."""

import errno
import functools
import os
import sys

import typer

from metabang.errors import MetaBangError

BAD_INPUT = 2
INTERNAL = 70  # EX_SOFTWARE of sysexits.h
BROKEN_PIPE = 141  # as a shell calls SIGPIPE

REMEDIES = {
    errno.ENOSPC: "free some space, or name another place",
    errno.EDQUOT: "free some space, or name another place",
    errno.EROFS: "name a place that can be written",
    errno.EACCES: "name a place that can be written",
    errno.EPERM: "name a place that can be written",
}


def reports_errors(command):
    """Wraps a command: a MetaBangError or a failed file operation is bad input (status 2), anything else is our own
    mistake (status 70). ``MB_DEBUG=1`` shows the traceback of both."""

    @functools.wraps(command)
    def wrapper(*args, **kwargs):
        starter = sys._getframe(1).f_code.co_filename  # typer's dispatcher
        try:
            return command(*args, **kwargs)
        except (typer.Exit, typer.Abort, KeyboardInterrupt):
            raise
        except BrokenPipeError:  # who read the output has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be flushed
            raise typer.Exit(BROKEN_PIPE) from None
        except Exception as error:
            if os.environ.get("MB_DEBUG"):
                raise
            status, sentence = describe(error, starter)
            print(f"metabang: {sentence}", file=sys.stderr)
            raise typer.Exit(status) from None

    return wrapper


def describe(error: Exception, starter: str = "") -> tuple[int, str]:
    """Exit status and sentence for an exception of a command that the file `starter` called."""
    if isinstance(error, MetaBangError):
        return BAD_INPUT, f"error: {_sentence(error, starter)}"
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
        remedy = REMEDIES.get(error.errno)
        return BAD_INPUT, f"error: {error.filename}: {error.strerror}" + (f"; {remedy}" if remedy else "")
    if isinstance(error, OSError) and error.errno in REMEDIES:
        return BAD_INPUT, f"error: {error.strerror}; {REMEDIES[error.errno]}"
    if isinstance(error, MemoryError):
        return BAD_INPUT, "error: there is not enough memory for this network on this machine"
    kind = type(error).__name__
    return INTERNAL, (
        f"internal error ({kind}: {_first_line(error)}); this is a bug in MetaBANG: run again with MB_DEBUG=1 "
        "and report the traceback with the command"
    )


def _sentence(error: MetaBangError, starter: str) -> str:
    """With the user's line, except where that is only the line that started the command."""
    if error.source is None:
        return str(error)
    started = os.path.abspath(error.source[0]) in (os.path.abspath(sys.argv[0]), os.path.abspath(starter))
    return error.reason if started else str(error)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["no message"])[0]

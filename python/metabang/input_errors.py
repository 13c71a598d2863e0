"""Errors about a file or a name that was given, not about a line of a program."""

from metabang.errors import MetaBangError


class InputError(MetaBangError):
    """A file or name that cannot be used. It carries no source line: the fault is not in the program."""

    def __init__(self, reason: str) -> None:
        Exception.__init__(self, reason)
        self.reason = reason
        self.source = None

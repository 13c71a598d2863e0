"""The disk cache of plans and kernels: content-addressed, written atomically, shared by processes.

It lives in `$METABANG_CACHE_DIR`, else in the user's cache directory. Every entry is named by a hash of all it
depends on, so nothing in it is ever out of date and the directory may be deleted at any time. An entry is
written beside its place and moved there in one step. If the directory cannot be written (read-only, full), a
temporary one takes over for this process, with one warning.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from metabang.input_errors import InputError

log = logging.getLogger("metabang")


class CacheError(InputError, OSError):
    """Neither the cache directory nor the temporary directory can be written."""


def digest(*parts: str | bytes) -> str:
    """A hash of the parts and of where each ends, 40 hexadecimal digits."""
    result = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        result.update(len(data).to_bytes(8, "little"))
        result.update(data)
    return result.hexdigest()[:40]


def default_directory() -> Path:
    """`$METABANG_CACHE_DIR`, or `metabang` in the user's cache directory: absolute, since compilers run elsewhere."""
    chosen = os.environ.get("METABANG_CACHE_DIR")
    if chosen:
        return Path(os.path.abspath(chosen))
    import platformdirs

    return Path(platformdirs.user_cache_dir("metabang", appauthor=False))


class Cache:
    """A directory of entries; see the module. Safe for threads and for processes."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.directory = Path(directory)
        self._fallback: Path | None = None
        self._lock = threading.Lock()

    def find(self, key: str, suffix: str) -> Path | None:
        """The entry's file, or None."""
        for root in (self.directory, self._fallback):
            if root is not None and os.path.exists(path := self._place(root, key, suffix)):  # a name too long is none
                return path
        return None

    def file(self, key: str, suffix: str, build: Callable[[Path], object]) -> Path:
        """The entry's file; if there is none, `build(path)` writes it first.

        Raises what `build` raises, and CacheError if no directory can be written.
        """
        found = self.find(key, suffix)
        if found is not None:
            return found
        if self._fallback is None:
            try:
                return self._write(self.directory, key, suffix, build)
            except OSError as error:
                self._fall_back(error)
        try:
            return self._write(self._fallback, key, suffix, build)
        except OSError as error:
            raise CacheError(
                f"neither the cache {self.directory} nor the temporary directory {self._fallback} can be written "
                f"({error.strerror or error}); free some space or set METABANG_CACHE_DIR to a directory that has it"
            ) from error

    def text(self, key: str, suffix: str, make: Callable[[], str]) -> str:
        """The entry's text; if there is none, what `make()` returns is stored first."""
        found = self.find(key, suffix)
        if found is None:
            text = make()
            self.file(key, suffix, lambda path: path.write_text(text, encoding="utf-8"))
            return text
        return found.read_text(encoding="utf-8")

    def keep(self, name: str, text: str) -> Path:
        """Writes a text for a person to read (what a compiler rejected) and returns its path."""
        return self.file(f"{digest(text)[:12]}-{name}", "", lambda path: path.write_text(text, encoding="utf-8"))

    def writable(self) -> bool:
        """Whether new entries go to `directory`."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.directory) as file:
                file.write(b"metabang")
        except OSError:
            return False
        return True

    @staticmethod
    def _place(root: Path, key: str, suffix: str) -> Path:
        return root / key[:2] / (key + suffix)

    def _write(self, root: Path, key: str, suffix: str, build: Callable[[Path], object]) -> Path:
        target = self._place(root, key, suffix)
        target.parent.mkdir(parents=True, exist_ok=True)
        work = tempfile.mkdtemp(prefix=".new-", dir=target.parent)  # beside the target: one file system
        try:
            fresh = Path(work) / target.name
            build(fresh)
            os.replace(fresh, target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return target

    def _fall_back(self, error: OSError) -> None:
        with self._lock:
            if self._fallback is not None:
                return
            try:
                self._fallback = Path(tempfile.mkdtemp(prefix="metabang-"))
            except OSError as second:
                raise CacheError(
                    f"neither the cache {self.directory} ({error.strerror or error}) nor a temporary directory "
                    f"({second.strerror or second}) can be written; set METABANG_CACHE_DIR to one that can"
                ) from second
            atexit.register(shutil.rmtree, self._fallback, ignore_errors=True)
            log.warning(
                "metabang: the cache %s cannot be written (%s); compiled kernels are kept for this process only; "
                "METABANG_CACHE_DIR chooses another place",
                self.directory,
                error.strerror or error,
            )


@functools.cache
def _cache_at(directory: Path) -> Cache:
    return Cache(directory)


def cache() -> Cache:
    """The cache in use now (the environment may change between calls, as it does in tests)."""
    return _cache_at(default_directory())


@functools.cache
def package_identity() -> str:
    """Version of the package and of its native part; entries made by another one are not used."""
    from importlib import metadata

    from metabang import _core

    version = "uninstalled"
    with contextlib.suppress(metadata.PackageNotFoundError):
        version = metadata.version("metabang")
    native = os.stat(_core.__file__)
    return f"{version} {native.st_size} {native.st_mtime_ns}"


def cached_plan(text: str, target: str, options: dict, compile: Callable[[], str]) -> str:
    """The plan JSON of a program: from the cache, or from `compile()`, which is stored.

    `text` is the meta IR, which decides the result together with target, options (JSON-able) and package.
    """
    import json

    key = digest("plan", text, target, json.dumps(options, sort_keys=True), package_identity())
    return cache().text(key, ".json", compile)

"""From `.mlu` text to a shared object: cncc for a card, the host C++ compiler for the simulator.

The text is the same for both. For the simulator a wrapper of two lines includes it and registers the kernel:

    c++ -std=c++17 -O1 -fPIC -fsanitize=thread … -D__BANG_ARCH__=270 -I metabang/include -c k.sim.cpp -o k.o
    c++ -shared k.o -o k.so libcnrt_sim.so

A small kernel takes 0.06 s of a core: bang.h is precompiled (0.09 s less, see `SimulatorToolchain.precompile`), and the
standard library, which libcnrt_sim.so brings, is not linked again (0.04 s less).

For a card (cncc 2.x, 3.x and 4.x; see docs/runtime.md):

    cncc -c k.mlu -o k.o -O3 -fPIC -std=c++11 --bang-mlu-arch=mtp_270
    c++ -shared k.o -o k.so -L$NEUWARE_HOME/lib64 -lcnrt
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from metabang.cache import cache, digest, package_identity
from metabang.errors import CompileError
from metabang.input_errors import InputError

INCLUDE = Path(__file__).resolve().parent / "include"

# fn(done, total, kernel name) after every compiled kernel, from the thread that called build_kernels
Progress = Callable[[int, int, str], None]


class ToolchainError(InputError, RuntimeError):
    """A compiler is missing or too old."""


class _Interrupted(Exception):
    """A signal ended a compiler, which tells nothing of what it compiled."""


class KernelBuildError(CompileError):
    """A compiler rejected a kernel. `text_path` is its text, `log_path` the compiler's messages."""

    def __init__(self, reason: str, source: tuple[str, int] | None, text_path: Path, log_path: Path) -> None:
        super().__init__(reason, source=source)
        self.text_path = text_path
        self.log_path = log_path


def arch_number(target: str) -> int:
    """270 of "mtp_270", the value of `__BANG_ARCH__`. Raises ValueError for another form."""
    match = re.fullmatch(r"m?tp_(\d{3})", target)
    if not match:
        raise ValueError(f"'{target}' is no target; one looks like mtp_270")
    return int(match[1])


def host_compiler() -> list[str]:
    """The command of the host C++ compiler: $CXX, or the first of c++, g++ and clang++ that exists.

    Raises ToolchainError if there is none.
    """
    chosen = os.environ.get("CXX", "").strip()
    if chosen:
        command = shlex.split(chosen)
        if shutil.which(command[0]):
            return command
        raise ToolchainError(f"the C++ compiler '{command[0]}' of $CXX does not exist; correct CXX or unset it")
    for name in ("c++", "g++", "clang++"):
        if path := shutil.which(name):
            return [path]
    raise ToolchainError(
        "no C++ compiler found, and kernels are compiled with one; install g++ (apt install g++, dnf install gcc-c++) "
        "or set CXX to a compiler"
    )


# A call before each scalar load and store: the simulator takes their time and checks them. It defines the functions
# that are called, so the option must be absent when linking, where it would add the sanitizer's library.
# With line numbers, for the reports (addr2line mistakes files of DWARF 5).
ACCESS_FLAGS = ("-fsanitize=thread", "-g1", "-gdwarf-4")
_DEFINED = "-Wl,--no-undefined"


def find_cncc() -> str | None:
    """Path of cncc: $NEUWARE_HOME/bin first, then PATH."""
    home = os.environ.get("NEUWARE_HOME")
    if home and (path := shutil.which("cncc", path=os.path.join(home, "bin"))):
        return path
    return shutil.which("cncc")


@functools.cache
def version_of(command: tuple[str, ...]) -> str:
    """The first line of `command --version`; "" if it says nothing."""
    result = _run([*command, "--version"])
    return (result.stdout or result.stderr).strip().split("\n")[0]


def _run(command: list[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    try:
        # LC_ALL: messages are searched for file and line
        return subprocess.run(
            command,
            check=False,
            cwd=cwd,
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, "LC_ALL": "C"},
        )
    except OSError as error:
        raise ToolchainError(f"{command[0]} cannot be run ({error.strerror}); check its installation") from error


@functools.cache
def _headers_identity() -> str:
    files = sorted(path for path in INCLUDE.rglob("*.h"))
    return digest(*(part for path in files for part in (path.name, path.read_bytes())))


class SimulatorToolchain:
    """The host compiler and the simulator's headers. `library` is the path of libcnrt_sim.so.

    `optimization` is the compiler's option for it: what is run once takes less time compiled by -O0.
    """

    name = "host"

    def __init__(self, library: str, optimization: str = "-O1") -> None:
        self.library = library
        self.optimization = optimization
        self.compiler = host_compiler()
        self.header: Path | None = None  # that includes bang.h, with its precompiled form beside it

    def flags(self, target: str) -> list[str]:
        # -ffp-contract=off: the same arithmetic on every host; -w: the text is the compiler's, not the user's
        return [
            "-std=c++17", self.optimization, "-w", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off", *ACCESS_FLAGS,
            f"-D__BANG_ARCH__={arch_number(target)}",
        ]  # fmt: skip

    def identity(self, target: str) -> str:
        return "\0".join([*self.compiler, version_of(tuple(self.compiler)), *self.flags(target), _headers_identity()])

    def precompile(self, target: str, kernels: int) -> None:
        """Precompiles bang.h for `target`, before `kernels` kernels are compiled: 20 MB of the cache and 0.4 s.

        Five kernels are worth that. Fewer are not, the first time; the second time it is assumed that more will come.
        """
        key = digest("bang.h", self.identity(target))
        often = kernels >= 5 or cache().find(key, ".h") is not None
        header = cache().file(key, ".h", lambda path: path.write_text("#include <bang.h>\n"))
        command = [*self.compiler, *self.flags(target), f"-I{INCLUDE}", "-x", "c++-header", str(header), "-o"]

        def compile(output: Path) -> None:
            result = _run([*command, str(output)])
            _check_space(result)
            if _was_interrupted(result):
                raise _Interrupted
            if result.returncode != 0:
                output.write_bytes(b"")  # compilers read the header then

        if often:
            with contextlib.suppress(_Interrupted):  # the next build tries again
                cache().file(key, ".h.gch", compile)
                self.header = header

    def commands(self, kernel: str, target: str, min_cncc: str = "") -> list[list[str]]:
        return [
            [*self.compiler, *self.flags(target), f"-I{INCLUDE}", "-c", f"{kernel}.sim.cpp", "-o", f"{kernel}.o"],
            [*self.compiler, "-shared", _DEFINED, f"{kernel}.o", "-o", f"{kernel}.so", self.library],
        ]  # fmt: skip

    def attempts(self, kernel: str, target: str, min_cncc: str = "") -> list[list[list[str]]]:
        """Commands that take a third of the time if the host's compiler knows them; `commands`, if it does not."""
        compile, link = self.commands(kernel, target)
        header = ["-include", str(self.header)] if self.header else []
        # What stays undefined libcnrt_sim.so has, or the standard library it is linked to: found when loaded.
        quick_link = [part for part in link if part != _DEFINED] + ["-nodefaultlibs", "-lm", "-lgcc"]
        return [[[*compile, *header], quick_link], [compile, link]]

    def prepare(self, kernel: str, directory: Path) -> None:
        (directory / f"{kernel}.sim.cpp").write_text(f'#include "{kernel}.mlu"\nMLU_SIM_KERNEL({kernel})\n')


class CnccToolchain:
    """cncc, and the host compiler as its linker. Raises ToolchainError if cncc is missing."""

    name = "cncc"

    def __init__(self) -> None:
        path = find_cncc()
        if path is None:
            raise ToolchainError(
                "a card is present, but cncc is not; install the CNToolkit that fits its driver and set NEUWARE_HOME, "
                "or set METABANG_CNRT to the path of libcnrt_sim.so to use the simulator"
            )
        self.compiler = path
        self.linker = host_compiler()
        found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", version_of((path,)))
        self.version = tuple(int(part or 0) for part in found.groups()) if found else (0, 0, 0)

    def identity(self, target: str) -> str:
        return "\0".join([self.compiler, version_of((self.compiler,)), *self.commands("k", target)[0]])

    def commands(self, kernel: str, target: str, min_cncc: str = "") -> list[list[str]]:
        if min_cncc and self.version < tuple(int(part) for part in min_cncc.split(".")):
            have = ".".join(map(str, self.version))
            raise ToolchainError(
                f"kernel {kernel} needs cncc {min_cncc} or newer, and {self.compiler} is {have}; "
                "install a newer CNToolkit or choose another target"
            )
        # before cncc 2.8 the architecture is spelled as the product
        arch = target if self.version >= (2, 8, 0) else f"MLU{arch_number(target)}"
        compile = [
            self.compiler, "-c", f"{kernel}.mlu", "-o", f"{kernel}.o", "-O3", "-fPIC", "-std=c++11",
            f"--bang-mlu-arch={arch}",
        ]  # fmt: skip
        if self.version < (3, 0, 0):
            compile.append("-I.")  # for the bang.h of prepare()
        home = os.environ.get("NEUWARE_HOME")
        search = [f"-L{home}/lib64"] if home else []
        return [compile, [*self.linker, "-shared", f"{kernel}.o", "-o", f"{kernel}.so", *search, "-lcnrt"]]

    def attempts(self, kernel: str, target: str, min_cncc: str = "") -> list[list[list[str]]]:
        return [self.commands(kernel, target, min_cncc)]

    def prepare(self, kernel: str, directory: Path) -> None:
        if self.version < (3, 0, 0):  # cncc 2.x calls the header mlu.h
            (directory / "bang.h").write_text('#include "mlu.h"\n')


Toolchain = SimulatorToolchain | CnccToolchain


def select_toolchain() -> Toolchain:
    """The toolchain of the device that was found: cncc for a card, the host compiler for the simulator."""
    from metabang.runtime import context

    found = context()
    return SimulatorToolchain(found.library_path) if found.is_simulator else CnccToolchain()


def build_kernel(kernel: Mapping[str, str], target: str, toolchain: Toolchain) -> Path:
    """The shared object of one kernel (`name`, `text`, optional `source`, `min_cncc`), from the cache if it is there.

    Raises KernelBuildError, ToolchainError or CacheError.
    """
    return cache().file(_key(kernel, target, toolchain), ".so", lambda path: _compile(kernel, target, toolchain, path))


def build_kernels(
    kernels: Iterable[Mapping[str, str]],
    target: str,
    toolchain: Toolchain | None = None,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Compiles the kernels of a plan in parallel; returns kernel name to path of its shared object.

    What the cache has is not compiled; `progress(done, total, name)` counts the others. The first error
    cancels what has not begun.
    """
    kernels = list(kernels)
    toolchain = toolchain or select_toolchain()
    store = cache()
    keys = [_key(kernel, target, toolchain) for kernel in kernels]
    missing = {key: kernel for key, kernel in zip(keys, kernels, strict=True) if store.find(key, ".so") is None}
    if missing:
        if isinstance(toolchain, SimulatorToolchain):
            toolchain.precompile(target, len(missing))
        pool = ThreadPoolExecutor(os.cpu_count())
        try:
            futures = {pool.submit(build_kernel, kernel, target, toolchain): kernel for kernel in missing.values()}
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                if progress:
                    progress(done, len(futures), futures[future]["name"])
        finally:
            pool.shutdown(cancel_futures=True)
    return {kernel["name"]: str(store.find(key, ".so")) for key, kernel in zip(keys, kernels, strict=True)}


def _key(kernel: Mapping[str, str], target: str, toolchain: Toolchain) -> str:
    return digest(kernel["name"], kernel["text"], toolchain.identity(target), package_identity())


def _compile(kernel: Mapping[str, str], target: str, toolchain: Toolchain, output: Path) -> None:
    """Writes and compiles the text beside `output`, a path in a directory of its own, then moves the object there."""
    name, directory = kernel["name"], output.parent
    (directory / f"{name}.mlu").write_text(kernel["text"], encoding="utf-8")
    toolchain.prepare(name, directory)
    for commands in toolchain.attempts(name, target, kernel.get("min_cncc", "")):
        for command in commands:
            result = _run(command, cwd=directory)
            if result.returncode != 0:
                break
        else:
            os.replace(directory / f"{name}.so", output)
            return
        _check_space(result)
    raise _rejected(kernel, target, command, result)


def _was_interrupted(result: subprocess.CompletedProcess[str]) -> bool:
    """Whether a signal ended the command, or the compiler proper that g++ or clang++ had started."""
    return result.returncode < 0 or bool(re.search("signal terminated program|due to signal", result.stderr))


def _check_space(result: subprocess.CompletedProcess[str]) -> None:
    """Raises OSError, which makes the cache move, where a compiler failed for lack of space."""
    if result.returncode != 0 and "No space left on device" in result.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _rejected(
    kernel: Mapping[str, str], target: str, command: list[str], result: subprocess.CompletedProcess[str]
) -> KernelBuildError:
    name, text = kernel["name"], kernel["text"]
    messages = f"$ {shlex.join(command)}\n{result.stdout}{result.stderr}"
    text_path = cache().keep(f"{name}.mlu", text)
    log_path = cache().keep(f"{name}.log", messages)
    source, what = kernel.get("source", ""), f"exit status {result.returncode}"
    # The error of the kernel's own text; one in a header came from there ("In file included", "required from").
    if match := re.search(
        rf"^(?:.*/)?{re.escape(name)}\.mlu:(\d+)(?::\d+)?: (?:fatal )?error: (.*)$", result.stderr, re.M
    ):
        line = int(match[1])
        source = user_line(text, line) or source
        what = f"line {line}: {match[2]}"
    elif match := re.search(r"error: (.*)$", result.stderr, re.MULTILINE):
        what = match[1]
    return KernelBuildError(
        f"kernel {name} does not compile for {target}: {what}; its text is kept in {text_path}, "
        f"the compiler's messages in {log_path}",
        _split(source),
        text_path,
        log_path,
    )


def user_line(text: str, line: int) -> str:
    """The `net.py:12` that line number `line` (from 1) of a kernel's text comes from, "" if it does not say.

    The emitter writes it as a comment at the end of the line or above it.
    """
    for row in reversed(text.split("\n")[:line]):
        if match := re.search(r"//.*?(\S+\.\w+:\d+)", row):
            return match[1]
    return ""


def _split(source: str) -> tuple[str, int] | None:
    file, _, line = source.rpartition(":")
    return (file, int(line)) if file and line.isdigit() else None

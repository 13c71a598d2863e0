"""`mb.bang.load`: kernels written by hand in BANG C, called from Python on the simulator.

    k = mb.bang.load("add.mlu", arch="mtp_372")["add<float>"]
    k(z, x, y, x.size, dim=(8, 1, 1), type="block")
    print(k.profile()["us"])

It uses what `metabang-cncc` uses (docs/cncc.md), so the text is the one that cncc compiles for a card.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from metabang.arguments import checked
from metabang.cache import cache, digest, package_identity
from metabang.cncc.parameters import enumerations, parameters_of
from metabang.cncc.simulator import Buffers, Dim3, KernelError, all_checks, simulator
from metabang.errors import DTypeError
from metabang.input_errors import InputError
from metabang.targets import check_target, get_target
from metabang.toolchain import arch_number

__all__ = ["BangError", "Kernel", "KernelError", "Module", "load"]

TYPES = {"block": 1, "union1": 4, "union2": 8, "union4": 16, "union8": 32, "union16": 64}
_log = logging.getLogger("metabang")


class BangError(InputError, RuntimeError):
    """A text that does not compile, or a kernel it does not have."""


@checked
def load(
    path_or_text: str | os.PathLike[str],
    include: Sequence[str | os.PathLike[str]] = (),
    defines: Mapping[str, object] | None = None,
    arch: str | None = None,
) -> Module:
    """The kernels of a file, or of a text (a string with more than one line).

    `include` are folders for `#include`, `defines` macros (a value of None defines the bare name), `arch` the device
    ("mtp_270", "mtp_372", "mtp_592"; the current target without it). What is compiled is kept in the disk cache.
    Messages and reports call a text "<text>".

    Raises BangError (it does not compile: the message has the compiler's lines), TargetError, ToolchainError,
    DeviceError, and FileNotFoundError's sentence as BangError.
    """
    target = check_target(arch) if arch is not None else get_target()
    if isinstance(path_or_text, str) and "\n" in path_or_text:
        path, shown = cache().keep("kernel.mlu", '#line 1 "<text>"\n' + path_or_text), "<text>"
    else:
        path, shown = Path(path_or_text), str(path_or_text)
        if not path.is_file():
            raise BangError(f"{path} is no file; give the path of a .mlu file, or its text (of several lines)")
    return Module(path, shown, [str(each) for each in include], dict(defines or {}), target)


class Module:
    """The kernels of one text: `module["name"]`, `module["name<float, 4>"]` for an instance of a template,
    `module["name(float *)"]` for one of several of a name. `kernels` lists them as their author wrote them."""

    def __init__(self, path: Path, shown: str, include: list[str], defines: dict[str, object], arch: str) -> None:
        from metabang.cncc.build import Builder, BuildError
        from metabang.cncc.options import Input, Options
        from metabang.cncc.rewrite import LOADED, SyntaxProblem, rewrite

        self.path, self.shown, self.arch = path, shown, arch
        simulator()
        macros = [f"-D{name}" + ("" if value is None else f"={_text(value)}") for name, value in defines.items()]
        options = Options(
            arches=[arch], shared=True, optimization="-O2", preprocessing=[*(f"-I{each}" for each in include), *macros]
        )
        self._builder = Builder(options, warn=_log.info, arch=arch)
        self._input = Input(str(path), "bang")
        try:
            self._text = self._builder.preprocess(self._input)
            result = rewrite(self._text, LOADED, arch_number(self._builder.arch))
        except (BuildError, SyntaxProblem) as error:
            raise BangError(f"{shown} does not compile for {arch}:\n{error}") from None
        self._texts = result.kernels
        self.enumerations = enumerations(self._text)
        self._kernels: dict[str, Kernel] = {}
        for note in result.notes:
            _log.warning("%s", note)

    @property
    def kernels(self) -> list[str]:
        """The kernels as their author wrote them: ["add<typename T>(T *z, T *x, T *y, int n)", …]."""
        return [str(each) for each in self._texts]

    def __repr__(self) -> str:
        return f"<kernels of {self.shown} for {self.arch}: {', '.join(self.kernels)}>"

    def __iter__(self) -> Iterator[str]:
        """The kernels' names; a template needs its arguments behind it."""
        return iter(dict.fromkeys(each.name for each in self._texts))

    def __getitem__(self, entry: str) -> Kernel:
        """The kernel of that name. Raises BangError with the list of kernels if there is none, or several."""
        if not isinstance(entry, str):
            raise BangError(f"a kernel is chosen by its name, not by {entry!r}; there are: {', '.join(self.kernels)}")
        key = _spaced(entry)
        if key not in self._kernels:
            self._kernels[key] = self._find(entry, key)
        return self._kernels[key]

    def _find(self, entry: str, key: str) -> Kernel:
        name = re.match(r"\w*", key)[0]
        arguments = key[key.index("<") :] if "<" in key and "(" not in key.split("<")[0] else ""
        found = [each for each in self._texts if each.name == name]
        if not found:
            raise BangError(
                f"{self.shown} has no kernel '{entry}'; its kernels are: {', '.join(self.kernels) or 'none'}"
            )
        templates = [each for each in found if each.template is not None]
        if arguments and not templates:
            raise BangError(f"'{name}' of {self.shown} is no template; call it '{name}': {found[0]}")
        if templates and not arguments and len(templates) == len(found):
            raise BangError(
                f"'{name}' of {self.shown} is a template; name its arguments, as in '{name}<float>': {templates[0]}"
            )
        if len(found) > 1 and not arguments and "(" not in key:
            shapes = ", ".join(str(each) for each in found)
            raise BangError(f"{self.shown} has several kernels '{name}'; name the parameters' types: {shapes}")
        registered = self._registered(self._object({name: [arguments]} if arguments else {}))
        for each in registered:
            if _spaced(each["name"]) == key:
                text = (templates or found)[0]
                return Kernel(self, each, text.parameters)
        raise BangError(f"{self.shown} has no kernel '{entry}'; its kernels are: {', '.join(self.kernels)}")

    def _object(self, instances: dict[str, list[str]]) -> Path:
        """The shared object with the plain kernels and these instances of templates."""
        builder = self._builder
        key = digest(
            "bang.load", self._text, json.dumps(instances), " ".join(builder.command_line()), package_identity()
        )
        return cache().file(key, ".so", lambda output: self._build(output, instances))

    def _build(self, output: Path, instances: dict[str, list[str]]) -> None:
        from metabang.cncc.build import BuildError
        from metabang.cncc.rewrite import LOADED, rewrite

        temporary = output.with_suffix(".o")
        try:
            text = rewrite(self._text, LOADED, arch_number(self._builder.arch), instances).text
            self._builder.compile(text, self._input, temporary, str(temporary))
            self._builder.link([str(temporary)], str(output))
        except BuildError as error:
            raise BangError(f"{self.shown} does not compile for {self.arch}:\n{error}") from None

    @staticmethod
    def _registered(path: Path) -> list[dict]:
        ctypes.CDLL(str(path))  # its kernels register; it stays until the process ends
        return json.loads(simulator().mluSimKernels(str(path).encode()).decode())


class Kernel:
    """A kernel that can be called. `parameters` are those of the C function."""

    def __init__(self, module: Module, registered: dict, texts: tuple[str, ...]) -> None:
        self.module = module
        self.name: str = registered["name"]
        self._address = ctypes.c_void_p(registered["address"])
        self.parameters = parameters_of(registered["signature"], registered["sizes"], texts, module.enumerations)
        self._profile: dict | None = None

    def __repr__(self) -> str:
        return f"<kernel {self.name}({', '.join(each.type for each in self.parameters)}) for {self.module.arch}>"

    def __call__(
        self, *arguments, dim: Sequence[int] | int = (1, 1, 1), type: str = "block", sanitize: bool = False
    ) -> None:
        """Launches the kernel and waits for it.

        A Var or NumPy array passes its device copy and holds what the kernel left there afterwards; a number becomes
        the parameter's C type; a struct is a ctypes.Structure or its bytes. `dim` is the number of tasks (x, y, z),
        `type` the job type ("block", "union1", …, "union16"). `sanitize` runs with all checks of the simulator.

        Raises DTypeError (an argument does not fit its parameter) and KernelError (the launch was refused, or the
        kernel broke a rule).
        """
        kind = TYPES.get(type.lower()) if isinstance(type, str) else None
        if kind is None:
            raise KernelError(f"there is no job type {type!r}; the types are: {', '.join(TYPES)}")
        if len(arguments) != len(self.parameters):
            wanted = ", ".join(each.type for each in self.parameters)
            raise DTypeError(f"{self.name} takes {len(self.parameters)} arguments ({wanted}), not {len(arguments)}")
        extents = list(dim) if isinstance(dim, (tuple, list, np.ndarray)) else [dim]
        if not 1 <= len(extents) <= 3 or any(not _is_extent(n) for n in extents):
            raise KernelError(f"dim is {dim}; give up to three numbers of tasks from 1 to 65535, such as (8, 1, 1)")
        with Buffers() as buffers:
            slots = [buffers.slot(parameter, value) for parameter, value in zip(self.parameters, arguments)]
            self._launch(slots, [*map(int, extents), 1, 1][:3], kind, sanitize)
            buffers.copy_back()

    def profile(self) -> dict:
        """The modelled profile of the last launch: "us" (microseconds), "busy_us" of each pipe, "bound", …; see
        docs/simulator.md. Raises KernelError if the kernel has not run."""
        if self._profile is None:
            raise KernelError(f"{self.name} has not run; call it first, then ask for its profile")
        return self._profile

    def _launch(self, slots: list, dim: list[int], type: int, sanitize: bool) -> None:
        sim = simulator()
        before = sim.mluSimGetDevice()
        if sim.mluSimSetDevice(self.module.arch.encode()) != 0:
            raise KernelError(f"the simulator cannot become {self.module.arch} while another launch runs")
        sim.mluSimClearReport()
        try:
            pointers = (ctypes.c_void_p * (len(slots) + 1))(*[ctypes.addressof(slot) for slot in slots], None)
            with all_checks() if sanitize else nullcontext():
                status = sim.cnrtInvokeKernel(self._address, Dim3(*dim), type, pointers, 0, None)
                status = status or sim.cnrtQueueSync(None)
            report = sim.mluSimLastReport().decode()
            if status or report:
                raise KernelError(report or f"{self.name}: {sim.cnrtGetErrorStr(status).decode()}")
            self._profile = json.loads(sim.mluSimLastProfile().decode())
        finally:
            sim.mluSimSetDevice(before)


def _is_extent(n: object) -> bool:
    return isinstance(n, (int, np.integer)) and not isinstance(n, bool) and 1 <= n <= 65535


def _spaced(name: str) -> str:
    """A kernel's name with spaces only between words, and without its namespace."""
    name = re.sub(r"\s*([<>,()*&:])\s*", r"\1", re.sub(r"\s+", " ", name.strip()))
    return re.sub(r"^(?:\w*::)+", "", name)


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)

"""From the pending graph to results: fold, emit, compile once, run the cached plan.

Two levels of cache, both exact. A program whose graph has the structure and the parameters of an earlier one goes
straight to its plan. One with other parameter values is folded again, and compiled only if the folded graph is new.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from . import _core
from .arguments import checked
from .backend import Request, compile_and_load
from .bfloat16 import Emulated, lacks_bfloat16, uses_bfloat16
from .dtypes import as_dtype, from_device, numpy_dtype, to_device
from .dump import Dump, dump_from_environment
from .emit import outputs_of
from .errors import MetaBangError, ShapeError
from .targets import check_target, get_target
from .var import Var, array_of

_graph = _core.graph
_lock = threading.RLock()
_CACHED = 64  # plans hold device memory: the least recently used goes
_listeners: list[Callable[[int, int, str], None]] = []


class Runnable(Protocol):
    """A compiled program on a device: `run` takes the arguments of @main (constants may be None if their version is
    the last run's) and returns the results as new arrays; bfloat16 as uint16 bits."""

    device_time_us: float
    is_modelled: bool
    launch_count: int

    def run(
        self, arguments: Sequence[Any], versions: Sequence[int] | None = None, profile: bool = False
    ) -> list[np.ndarray]: ...


_backend: Callable[[Request], Runnable] = compile_and_load


@contextlib.contextmanager
def backend(function: Callable[[Request], Runnable]):
    """Compiles by `function` inside the `with` block, with caches of its own: the seam for tests and other devices."""
    global _backend
    with _lock:
        saved = _backend, _by_graph.copy(), _by_folded.copy()
        _backend = function
        clear_cache()
    try:
        yield
    finally:
        with _lock:
            clear_cache()
            _backend = saved[0]
            _by_graph.update(saved[1])
            _by_folded.update(saved[2])


@contextlib.contextmanager
def _listening(progress: Callable[[int, int, str], None] | None):
    if progress is not None:
        _listeners.append(progress)
    try:
        yield
    finally:
        if progress is not None:
            _listeners.remove(progress)


@checked
def add_progress(function: Callable[[int, int, str], None]) -> Callable[[], None]:
    """Calls `function(done, total, kernel)` while kernels compile. Returns a function that ends it."""
    _listeners.append(function)
    return lambda: _listeners.remove(function)


def _report(done: int, total: int, name: str) -> None:
    for listener in list(_listeners):
        listener(done, total, name)


class DeviceTime:
    """What programs took on the device: `us` microseconds in `runs`, *modelled* on the simulator (`is_modelled`); and
    where the operators of their graphs ran: `operators` of them on the device, in `kernels` launches; `host_operators`
    on the host: what follows from constants alone, preparations of constant filters, and functions that say so
    (`HostWarning`)."""

    def __init__(self) -> None:
        self.us, self.runs, self.is_modelled = 0.0, 0, True
        self.operators, self.kernels, self.host_operators = 0, 0, 0

    def add(self, executable: _Executable) -> None:
        if executable.loaded is not None:
            runnable = executable.loaded.runnable
            self.us += runnable.device_time_us
            self.runs += 1
            self.is_modelled = runnable.is_modelled
            self.kernels += runnable.launch_count
        self.operators += executable.operators
        self.host_operators += executable.host_operators


_clocks: list[DeviceTime] = []


@contextlib.contextmanager
def device_time():
    """Yields a DeviceTime that adds up every run inside of the `with` block."""
    clock = DeviceTime()
    _clocks.append(clock)
    try:
        yield clock
    finally:
        _clocks.remove(clock)


def ran_on_host(operators: int = 1) -> None:
    """Tells `device_time` of operators whose work the host did."""
    for clock in _clocks:
        clock.host_operators += operators


class _Loaded:
    """A runnable, what it was made from, and the constants it holds (by version)."""

    def __init__(self, request: Request) -> None:
        self.text, self.runnable = request.text, _backend(request)
        self.versions: list[int | None] = [None] * len(request.program.leaves)
        plan = getattr(self.runnable, "json", None)
        self.preparations = len(json.loads(plan).get("preparations", ())) if plan else 0


class _Executable:
    """Where the arguments of a loaded program (None: there is nothing to run) and the outputs come from."""

    def __init__(
        self, loaded: _Loaded | None, compiled, program, folded, origins: Mapping[int, Any], operators: tuple[int, int]
    ) -> None:
        self.loaded = loaded
        self.frozen = _frozen(program)
        self.operators, self.host_operators = operators
        if loaded is not None:
            self.host_operators += loaded.preparations
        leaves = {leaf.uid: number for number, leaf in enumerate(program.leaves)}
        arguments = list(compiled.leaves if compiled else ())
        self.dtypes = [leaf.dtype for leaf in arguments]  # as the device holds them: bfloat16 may be float32 there
        arguments = [origins.get(leaf.uid, leaf) for leaf in arguments]
        # Of each argument: the number of the program's leaf, or a constant node.
        self.sources = [leaf if leaf.is_constant and leaf.value is not None else leaves[leaf.uid] for leaf in arguments]
        self.versions = [0 if isinstance(source, int) else source.uid for source in self.sources]
        numbers: dict[int, int] = {}
        self.held = [node.dtype for node in (compiled.outputs if compiled else ())]
        for number, node in enumerate(_pending(folded)):
            numbers.setdefault(node.uid, number)
        # Of each output: (number, None) for a result, (None, leaf number or constant node) for what needs no run.
        self.results = [
            (numbers[node.uid], None) if node.uid in numbers else (None, leaves.get(node.uid, node))
            for node in folded.outputs
        ]

    def run(self, program, values: Mapping[int, np.ndarray], profile: bool = False) -> list[np.ndarray]:
        """The outputs of `program`, a graph like the compiled one; `values` replace those of leaves by uid."""
        leaves = program.leaves
        results = self._launch(leaves, values, profile) if self.loaded is not None else []
        for clock in _clocks:
            clock.add(self)
        outputs = []
        for (number, source), node in zip(self.results, program.outputs):
            if number is not None:
                outputs.append(as_dtype(from_device(results[number], self.held[number]), node.dtype))
            else:
                outputs.append(np.array(_value(leaves[source] if isinstance(source, int) else source, values)))
        return outputs

    def _launch(self, leaves: list, values: Mapping[int, np.ndarray], profile: bool) -> list[np.ndarray]:
        arguments = []
        for source, version, held, dtype in zip(self.sources, self.versions, self.loaded.versions, self.dtypes):
            if isinstance(source, int):
                arguments.append(to_device(_value(leaves[source], values), dtype))
            else:
                arguments.append(None if version == held else to_device(source.value, dtype))
        self.loaded.versions = [None] * len(self.versions)  # unknown if the run fails
        runnable = self.loaded.runnable
        results = runnable.run(arguments, self.versions, profile)
        self.loaded.versions = self.versions
        return results


def _value(leaf, values: Mapping[int, np.ndarray]) -> np.ndarray:
    array = values.get(leaf.uid, leaf.value)
    if array is None:
        name = f"'{leaf.name}' " if leaf.name else ""
        raise MetaBangError(f"the input {name}has no value; make it with mb.array, or use mb.compile", leaf.source)
    return array


_by_graph: OrderedDict[tuple, _Executable] = OrderedDict()
_by_folded: OrderedDict[tuple, _Loaded] = OrderedDict()


def clear_cache() -> None:
    """Forgets the plans in memory (compiled kernels stay on disk)."""
    with _lock:
        _by_graph.clear()
        _by_folded.clear()


def _frozen(program) -> list[int]:
    return [leaf.uid for leaf in program.leaves if leaf.is_constant]


def _remember(cache: OrderedDict, key: tuple, value):
    cache[key] = value
    cache.move_to_end(key)
    while len(cache) > _CACHED:
        cache.popitem(last=False)
    return value


def _pending(folded) -> list:
    """The outputs of a folded program that have to be computed."""
    return [node for node in folded.outputs if not node.is_leaf]


def _check_sizes(nodes: Sequence, target: str) -> None:
    """Raises ShapeError, with the line of the tensor, for what kernels cannot index and for more than the memory."""
    from . import devices

    memory, total = devices.load(target)["gdram_bytes"], 0
    for node in {node.uid: node for node in nodes}.values():
        count = math.prod(node.shape)
        if count >= 1 << 31:
            raise ShapeError(
                f"a tensor of shape {node.shape} has {count} elements, but kernels index with 32 bits; split it into "
                "parts of less than 2**31 elements",
                node.source,
            )
        total += count * (2 if node.dtype == "bfloat16" else numpy_dtype(node.dtype).itemsize)
        if total > memory:
            raise ShapeError(
                f"inputs and outputs of {total / 1e9:.1f} GB do not fit the {memory / 1e9:.1f} GB of {target}; compute "
                "them in parts",
                node.source,
            )


def _check_reached(program, inputs: Sequence) -> None:
    """Raises MetaBangError for an input that nothing reads although the program has leaves that may be computed from
    it: those that are younger, if it has a value."""
    read = {operand.uid for node in program.order if not node.is_leaf for operand in node.inputs}
    read.update(node.uid for node in program.outputs)
    for number, node in enumerate(inputs):
        if node.uid in read or node.value is None:
            continue
        computed = [leaf for leaf in program.leaves if leaf.op != "input" and leaf.uid > node.uid]
        if computed:
            line = computed[0].source
            place = f" at {_graph.display_path(line[0])}:{line[1]}" if line else ""
            raise MetaBangError(
                f"the outputs do not depend on input {number} of mb.compile: the {computed[0].op}{place} was computed "
                "before and has forgotten its operands; compile before values are read, or build the outputs anew"
            )


def _executable(
    program, arguments: Sequence, target: str, options: Mapping[str, Any], dump: Dump | None
) -> _Executable:
    key = (target, json.dumps(options, sort_keys=True), len(arguments), program.key())
    hit = _by_graph.get(key)
    if hit is not None and hit.frozen == _frozen(program) and dump is None:
        _by_graph.move_to_end(key)
        return hit
    from .fold import count_operators, fold_program

    _check_sizes([*program.leaves, *program.outputs], target)
    operators = count_operators(program)
    folded = fold_program(program, arguments)
    pending = _pending(folded)
    if not pending:
        return _remember(_by_graph, key, _Executable(None, None, program, folded, {}, operators))
    compiled, origins = _graph.program(pending, list(arguments)), {}
    if lacks_bfloat16(target) and uses_bfloat16(compiled):
        emulated = Emulated(compiled, arguments)
        compiled, origins = emulated.program, emulated.origins
    folded_key = (*key[:3], compiled.key())
    loaded = _by_folded.get(folded_key)
    if loaded is None or dump is not None:
        dump = dump or dump_from_environment()
        request = Request(compiled, compiled.emit(), target, dict(options), dump, _report)
        loaded = _remember(_by_folded, folded_key, _Loaded(request))
    return _remember(_by_graph, key, _Executable(loaded, compiled, program, folded, origins, operators))


def sync(*outputs: Var | Sequence[Var]) -> None:
    """Computes all `outputs` (Vars or lists of them) in one program for the current target.

    Raises MetaBangError for an input without a value, CompileError, and the errors of the toolchain and the device.
    """
    nodes: dict[int, Any] = {}
    for each in outputs:
        for var in outputs_of(each):
            if var._node.value is None:
                nodes[var._node.uid] = var._node
    compute(list(nodes.values()))


def compute(nodes: Sequence, forget: bool = True) -> None:
    """Computes distinct pending nodes in one program. With `forget`, untracked ones lose their operands."""
    if not nodes:
        return
    with _lock:
        program = _graph.program(list(nodes))
        executable = _executable(program, (), get_target(), {}, None)
        values = executable.run(program, {})
    for node, value in zip(nodes, values):
        node.value = value
        if forget and not node.is_tracked:
            node.release_inputs()


class Program:
    """A compiled program: call it with an array for each input, get a list of arrays.

    `text` is the meta IR that was compiled, `plan` the plan of docs/architecture.md section 3 (a dict), `kernels` its
    list of kernels with their BANG C text.
    """

    def __init__(self, program, inputs: Sequence, executable: _Executable, target: str) -> None:
        self._program, self._inputs, self._executable = program, list(inputs), executable
        self.target = target

    def __call__(self, *arrays: np.ndarray) -> list[np.ndarray]:
        """Runs once. Raises ShapeError for another number of arrays or other shapes; dtypes are converted."""
        return self.run(arrays)

    def run(self, arrays: Sequence[np.ndarray], profile: bool = False) -> list[np.ndarray]:
        """As a call; with `profile` the device time of every launch is kept, see `profile()`."""
        if len(arrays) != len(self._inputs):
            raise ShapeError(
                f"the program takes an array for each of its {len(self._inputs)} inputs, got {len(arrays)}"
            )
        values = {}
        for number, (node, array) in enumerate(zip(self._inputs, arrays)):
            array = as_dtype(array_of(array, copy=False), node.dtype)
            if array.shape != node.shape:
                name = f" '{node.name}'" if node.name else ""
                raise ShapeError(
                    f"input {number}{name} of the program has shape {node.shape}, got an array of shape {array.shape}"
                )
            values[node.uid] = array
        with _lock:
            return self._executable.run(self._program, values, profile)

    @property
    def _runnable(self):
        return self._executable.loaded and self._executable.loaded.runnable

    @property
    def text(self) -> str:
        return self._executable.loaded.text if self._executable.loaded else ""

    @property
    def plan(self) -> dict[str, Any]:
        """The plan as a dict; without launches if everything was constant."""
        if self._runnable is None:
            return {
                "version": 1,
                "target": self.target,
                "buffers": [],
                "preparations": [],
                "launches": [],
                "kernels": [],
            }
        return json.loads(self._runnable.json)

    @property
    def kernels(self) -> list[dict[str, Any]]:
        return self.plan["kernels"]

    @property
    def device_time_us(self) -> float:
        """Device time of the last run in microseconds; *modelled* on the simulator (`is_modelled`)."""
        return 0.0 if self._runnable is None else self._runnable.device_time_us

    @property
    def is_modelled(self) -> bool:
        """Whether times come from the simulator's model rather than from a card."""
        return True if self._runnable is None else self._runnable.is_modelled

    def profile(self) -> list:
        """`KernelTime(kernel, source, us)` of every launch of the last run with `profile=True`."""
        return [] if self._runnable is None else self._runnable.profile()


@checked
def compile(
    outputs: Var | Sequence[Var],
    inputs: Sequence[Var] = (),
    target: str | None = None,
    options: Mapping[str, Any] | None = None,
    dump_dir: str | os.PathLike | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Program:
    """Compiles what computes `outputs` from `inputs` (leaves: mb.input or mb.array), without running it.

    Other leaves keep their present values, and so does what was computed before: it has forgotten its operands.
    `options` go to the compiler, e.g. `{"bits": 8}`. `dump_dir` receives every
    level of every kernel (see dump.py for $MB_DUMP). `progress(done, total, kernel)` is called while kernels compile.
    Raises TargetError, CompileError, MetaBangError for an input that is cut off by what was computed before.
    """
    target = check_target(target) if target is not None else get_target()
    dump = Dump(Path(dump_dir)) if dump_dir is not None else None
    nodes = [var._node for var in inputs]
    for number, node in enumerate(nodes):
        if node.op != "input":
            raise MetaBangError(
                f"input {number} of mb.compile is computed from others; give leaves (mb.input, mb.array)"
            )
        if any(node.uid == other.uid for other in nodes[:number]):
            raise MetaBangError(f"input {number} of mb.compile is given twice; give each leaf once")
    with _lock, _listening(progress):
        program = _graph.program([var._node for var in outputs_of(outputs)], nodes)
        _check_reached(program, nodes)
        executable = _executable(program, nodes, target, options or {}, dump)
    return Program(program, nodes, executable, target)

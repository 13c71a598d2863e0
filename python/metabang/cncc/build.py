"""Preprocess, rewrite, compile, link: what metabang-cncc does with each input."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from metabang import devices
from metabang.cache import digest
from metabang.cncc.conditionals import cast_arms, refused_conditionals
from metabang.cncc.host_code import mentions_arch, merge
from metabang.cncc.options import Input, Options, UsageError
from metabang.cncc.rewrite import SyntaxProblem, rewrite
from metabang.toolchain import ACCESS_FLAGS, INCLUDE, arch_number, host_compiler, version_of

# The library's place: an executable finds the simulator there without LD_LIBRARY_PATH.
LIBRARY = Path(__file__).resolve().parent.parent / "lib"
_ATTEMPTS = 8  # conditionals of half inside one another, which compile from the inside out


class BuildError(Exception):
    """A compiler refused an input; its messages are the text, with the user's files and lines."""


def library_directory() -> Path:
    """Where libcnrt_sim.so lies. Raises BuildError."""
    from metabang import _core

    for place in (Path(_core.__file__).parent / "lib", LIBRARY):
        if (place / "libcnrt_sim.so").exists():
            return place
    raise BuildError("metabang-cncc: error: libcnrt_sim.so is missing; install the package with `pip install .`")


def choose_arch(asked: Sequence[str]) -> str:
    """The device to compile for: the current simulated one if it is asked for, else the first. Raises UsageError."""
    current = os.environ.get("MLU_SIM_DEVICE")
    known = devices.names()
    if not asked:
        return current if current in known else "mtp_270"
    usable = [arch for arch in asked if arch in known]
    if not usable:
        raise UsageError(f"the simulator has no device {', '.join(asked)}; it has {', '.join(known)}")
    return current if current in usable else usable[0]


def definitions(arch: str, host: bool = False) -> list[str]:
    """What cncc predefines for a device, or for the host's side of a program for it."""
    device = devices.load(arch)
    sizes = {"NRAM": "nram_bytes", "WRAM": "wram_bytes", "SRAM": "sram_bytes"}
    return [
        f"-D{'__MLU_SIM_HOST_PASS' if host else '__BANG_ARCH__'}={arch_number(arch)}",
        *[f"-D__MLU_{name}_SIZE__={int(device[key]) // 1024}" for name, key in sizes.items()],
        "-D__MLU_LDRAM_SIZE__=8192",
    ]


def without_rules(options: Sequence[str]) -> list[str]:
    """The preprocessor's options that do not ask for a rule for make."""
    rest, kept = list(options), []
    while rest:
        word = rest.pop(0)
        if word in ("-MF", "-MT", "-MQ"):
            rest.pop(0)
        elif word.startswith("-Wp,"):
            if left := re.sub(r",-M(?:M?D|F|T|Q),[^,]*|,-M[A-Z]*", "", word.removeprefix("-Wp")):
                kept.append(f"-Wp{left}")
        elif not re.match(r"-M[A-Z]*", word):
            kept.append(word)
    return kept


class Builder:
    """Builds the inputs of one command line. `warn` takes a line for the user."""

    def __init__(
        self,
        options: Options,
        warn: Callable[[str], object] = lambda text: print(text, file=sys.stderr),
        arch: str | None = None,
    ) -> None:
        self.options = options
        self.warn = warn
        self.arch = arch or choose_arch(options.arches)
        self.compiler = host_compiler()

    def command_line(self) -> list[str]:
        """What decides how a text is compiled, besides the text."""
        return [*self.compiler, version_of(tuple(self.compiler)), *self._flags(Input("", "bang")), self.arch]

    def build(self) -> None:
        """Makes what the command line asks for. Raises BuildError, UsageError or SyntaxProblem."""
        options = self.options
        for each in options.inputs:
            if each.language != "option" and each.path != "-" and not os.path.exists(each.path):
                raise UsageError(f"no such file: '{each.path}'")
        with tempfile.TemporaryDirectory(prefix="metabang-cncc-") as work:
            objects = []
            for number, each in enumerate(options.inputs):
                if each.language in ("object", "option"):  # their order matters to the linker
                    objects.append(each.path)
                    continue
                objects.append(self._translate(each, Path(work) / f"{number}-{Path(each.path).stem}.o"))
            if options.mode == "link":
                self.link(objects, options.output or "a.out")

    def _translate(self, each: Input, temporary: Path) -> str:
        options = self.options
        stem = Path(each.path).stem
        if options.mode == "preprocess":
            text = self.preprocess(each)
            if options.dry:
                pass
            elif options.output:
                Path(options.output).write_text(text, encoding="utf-8")
            else:
                sys.stdout.write(text)
            return ""
        output = options.output or f"{stem}.o" if options.mode == "compile" else str(temporary)
        unit = digest(os.path.abspath(each.path), self.arch, *options.preprocessing, temporary.name, options.output)[:8]
        text = self.preprocess(each)
        if each.language != "c" and not options.dry:
            result = rewrite(self.with_host_code(text, each), unit, arch_number(self.arch))
            if "-w" not in options.compiling:
                for note in result.notes:
                    self.warn(note)
            text = result.text
        if options.mode == "rewrite":
            if not options.dry:
                Path(options.output or f"{stem}.cpp").write_text(text, encoding="utf-8")
            return ""
        self.compile(text, each, temporary, output)
        return output

    def compile(self, text: str, each: Input, temporary: Path, output: str) -> None:
        """Compiles preprocessed, rewritten text; `temporary` names a file beside which it is kept meanwhile."""
        preprocessed = temporary.with_suffix(".i" if each.language == "c" else ".ii")
        language = "cpp-output" if each.language == "c" else "c++-cpp-output"
        what = ["-fsyntax-only"] if self.options.mode == "check" else ["-c", "-o", output]
        command = [*self.compiler, "-x", language, str(preprocessed), *what, *self._flags(each)]
        for _ in range(_ATTEMPTS):
            preprocessed.write_text(text, encoding="utf-8")
            try:
                self._run(command, each.path)
                return
            except BuildError as error:
                cast = self._cast_arms(text, str(error), command, each.path)
                if cast == text:
                    raise
                text = cast
        raise BuildError(f"{each.path}: error: conditionals of half are nested deeper than {_ATTEMPTS}")

    def _cast_arms(self, text: str, messages: str, command: list[str], what: str) -> str:
        """The text that `command` refused with these messages, with the arms of conditionals of half cast."""
        if not refused_conditionals(messages):
            return text
        try:  # once more for the columns, which a user is not shown; a tab counts as one
            self._run([*command, "-fshow-column", "-ftabstop=1"], what)
        except BuildError as error:
            return cast_arms(text, refused_conditionals(str(error)))
        return text

    def _flags(self, each: Input) -> list[str]:
        options = self.options
        # -fno-strict-aliasing: kernels carve buffers of one type into others; -ffp-contract=off: as the simulator
        flags = [
            options.optimization or "-O1",
            "-g1",
            "-gdwarf-4",  # the simulator's reports of faults name the line
            "-fPIC",
            *options.compiling,
            "-ffp-contract=off",
            "-fno-strict-aliasing",
            # a function of C++ that forgets to return does return, as without optimization, and loops before its end
            # keep their bounds: GCC assumes the end unreachable unless it looks for what is
            "-fsanitize=unreachable",
            "-fsanitize-undefined-trap-on-error",
        ]
        if each.language == "c":
            return [*flags, *([f"-std={options.standard}"] if options.standard and "+" not in options.standard else [])]
        sanitized = any(flag.startswith("-fsanitize") for flag in options.compiling)
        if each.language == "bang" and not sanitized:
            flags += ACCESS_FLAGS
        standard = options.standard.replace("c++0x", "c++11")
        year = re.search(r"\+\+(\d\w)", standard)
        new = f"-std={standard}" if year and year[1] in ("20", "23", "2a", "2b", "26") else "-std=gnu++17"
        # columns and carets would be those of the rewritten line
        return [
            new,
            *flags,
            "-Wno-narrowing",
            "-Wno-attributes",
            "-Wno-unused-function",
            "-fno-show-column",
            "-fno-diagnostics-show-caret",
        ]

    def with_host_code(self, text: str, each: Input) -> str:
        """The preprocessed text with host functions as the host sees them, where `__BANG_ARCH__` is not defined."""
        if not (each.path == "-" and "__BANG_ARCH__" in self._stdin) and not mentions_arch(text):
            return text
        try:
            return merge(text, self.preprocess(each, host=True))
        except BuildError:
            return text  # #error without __BANG_ARCH__: a text for the device alone

    def preprocess(self, each: Input, host: bool = False) -> str:
        """The preprocessed text of an input, of the device's pass or the host's."""
        options = self.options
        language = "c" if each.language == "c" else "c++"
        command = [*self.compiler, "-E", "-x", language, *self._flags(each)[:1], *definitions(self.arch, host)]
        command += ["-D__METABANG_CNCC__=1", *(without_rules(options.preprocessing) if host else options.preprocessing)]
        command += ["-fPIC", f"-I{Path(each.path).parent}" if each.language == "bang" else "-fPIC"]
        command += [flag for flag in options.compiling if flag in ("-fopenmp", "-pthread")]
        command += [options.optimization] if options.optimization else []
        command += ["-isystem", str(INCLUDE)]
        if each.language == "bang":
            command += ["-include", "bang.h"]
        if not host:  # else the rule for make is written
            command += self._rule_options(each)
        try:
            return self._run([*command, each.path], each.path)
        except BuildError as error:
            if "extended character" not in str(error):
                raise
        # no-break and ideographic spaces, which cncc takes for spaces, and GCC for letters unless it is told not to
        text = self._run([*command, "-fno-extended-identifiers", each.path], each.path)
        return text.replace("\u00a0", " ").replace("\u3000", " ")

    def _rule_options(self, each: Input) -> list[str]:
        """The file and the target of the rule for make, where one is asked for and they are not given."""
        options = self.options
        asked, made = set(options.preprocessing), options.output or f"{Path(each.path).stem}.o"
        words = []
        if {"-MD", "-MMD"} & asked and not any(word.startswith("-MF") for word in asked):
            words += ["-MF", str(Path(made).with_suffix(".d"))]
        if {"-M", "-MM"} & asked:  # with them -o names the file of the rule
            made = f"{Path(each.path).stem}.o"
        if {"-MD", "-MMD", "-M", "-MM"} & asked and not any(word.startswith(("-MT", "-MQ")) for word in asked):
            words += ["-MT", made]
        return words

    @cached_property
    def _stdin(self) -> str:
        """Standard input: one text, though every pass of the preprocessor reads it."""
        return sys.stdin.buffer.read().decode(errors="replace")

    def link(self, objects: list[str], output: str) -> None:
        """Links objects with the simulator."""
        options, place = self.options, library_directory()
        kind = ["-shared"] if options.shared else []
        flags = [flag for flag in options.compiling if flag.startswith(("-fopenmp", "-pthread", "-fsanitize", "-flto"))]
        self._run(
            [
                *self.compiler, *kind, *flags, *objects, "-o", output,
                str(place / "libcnrt_sim.so"), f"-Wl,-rpath,{place}",
            ],
            output,
        )  # fmt: skip

    def _run(self, command: list[str], what: str) -> str:
        if self.options.verbose:
            self.warn(shlex.join(command))
        if self.options.dry:
            return ""
        given = self._stdin if what == "-" else None
        environment = {**os.environ, "LC_ALL": "C"}
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", env=environment, input=given, check=False
        )
        messages = tidy(done.stderr)
        if done.returncode != 0:
            raise BuildError(messages.rstrip() or f"{command[0]} failed on {what} with status {done.returncode}")
        if messages.strip():
            self.warn(messages.rstrip())
        return done.stdout


_BUILTIN = r"'(__(?:bang|nram|sram|gdram|ldram|mem|sync|mlu|cn_|half2|float2|bfloat|int|short)\w*)'"
_UNDECLARED = re.compile(
    rf"error: (?:{_BUILTIN} was not declared.*|there are no arguments to {_BUILTIN} that depend on .*)"
)


def tidy(messages: str) -> str:
    """The compiler's messages without what the rewriting put into them."""
    messages = re.sub(r"\[abi:\w+\]", "", messages)
    messages = re.sub(rf"(?m)^{re.escape(str(INCLUDE))}/mlu_sim/(?:launch|kernel)\.h:.*\n", "", messages)
    messages = re.sub(
        r"no match for call to '\((?:const )?(?:mlu_sim::)?Launch<(.*)>\) \((.*)\)'",
        r"the kernel's parameters (\1) do not take the arguments (\2)",
        messages,
    )
    messages = re.sub(r"(?m)^.*note: \(if you use '-fpermissive'.*\n", "", messages)
    messages = messages.replace("::mlu_sim::kernel_of", "a launch").replace("mlu_sim::", "")
    return _UNDECLARED.sub(
        lambda found: f"error: the simulator has no builtin '{found[1] or found[2]}' for this architecture", messages
    )


__all__ = ["BuildError", "Builder", "SyntaxProblem", "choose_arch", "definitions", "library_directory", "tidy"]

"""The command line of cncc, as far as it says something to the simulator."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

SOURCES = (".mlu", ".cpp", ".cc", ".cxx", ".c++", ".C", ".c", ".h", ".hpp", ".hh")
# libraries of Neuware that the simulator stands for
NEUWARE_LIBRARIES = {"cnrt", "cndrv", "cndev", "cnrtc", "cnpapi", "cnpx"}
_PREPROCESSING = re.compile(r"-(?:I|isystem|iquote|idirafter|D|U|include|imacros|MF|MT|MQ)")
_PREPROCESSING_ALONE = {"-MD", "-MMD", "-MP", "-M", "-MM", "-P", "-C", "-dM", "-undef", "-nostdinc"}
_LINKING = re.compile(r"-(?:L|l|Wl,|T|z|u|Xlinker)")
_ASKS_HOST = re.compile(r"-(?:dumpmachine|dumpversion|dumpfullversion|print-[\w-]+(?:=.*)?)")
_COMPILING = re.compile(
    r"-(?:g.*|W(?:all|extra|error|pedantic|no-[\w-]+|shadow|unused[\w-]*|conversion)|W|pedantic.*|w|pthread|pipe|m(?:64|arch=.*|tune=.*|avx.*|sse.*|fma)"
    r"|f(?:PIC|pic|PIE|pie|no-\w[\w-]*|visibility.*|openmp|exceptions|rtti|permissive|stack-protector.*|wrapv"
    r"|sanitize=(?:address|undefined).*|diagnostics-.*|lto.*|data-sections|function-sections))"
)
_IGNORED_WITH_VALUE = {
    "-Xbang",
    "-Xbang-cnas",
    "-Xbang-device",
    "-Xbang-host",
    "-Xbang-fatbinary",
    "-Xcnas",
    "-mllvm",
    "-Xclang",
    "-Xcncc",
    "--target",
    "-target",
}
_IGNORED = re.compile(
    r"--(?:neuware-path|cnas-path|no-neuware-version-check|neuware-version|bang-host-only|bang-wram-align64|wram-align|bang-stack-on-ldram|bang-printf|gcc-toolchain|sysroot|target)(?:=.*)?"
    r"|-(?:fbang-.*|bang-.*|Xbang[\w-]*=.*|W[\w=+-]*|Qunused-arguments|fcolor-diagnostics|fno-color-diagnostics|save-temps(?:=.*)?)"
)


class UsageError(Exception):
    """A command line that asks for nothing, or for something that makes no sense."""


@dataclass
class Input:
    """`language`: "bang" and "c++" are rewritten, "c" is compiled as it is, "object" and "option" go to the linker."""

    path: str
    language: str


@dataclass
class Options:
    """A command line, sorted by who wants to know."""

    inputs: list[Input] = field(default_factory=list)
    output: str = ""
    mode: str = "link"  # or "compile" (-c), "preprocess" (-E), "rewrite" (-S), "check" (-fsyntax-only)
    shared: bool = False
    arches: list[str] = field(default_factory=list)
    standard: str = ""
    optimization: str = ""
    preprocessing: list[str] = field(default_factory=list)
    compiling: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    verbose: bool = False
    dry: bool = False  # -###: commands are shown and not run
    special: str = ""  # "help", "version", "neuware", or what the host compiler is asked


def parse(arguments: Sequence[str]) -> Options:
    """Reads a command line. Raises UsageError."""
    options, language = Options(), ""
    rest = _with_responses(arguments)
    fatbin = ""
    while rest:
        word = rest.pop(0)

        def value(word: str = word) -> str:
            if not rest:
                raise UsageError(f"{word} needs a value after it")
            return rest.pop(0)

        if word in ("--help", "-h", "-help"):
            options.special = "help"
        elif word in ("--version", "-version"):
            options.special = "version"
        elif _ASKS_HOST.fullmatch(word):
            options.special = word
        elif word == "--print-neuware-home":
            options.special = "neuware"
        elif word in ("-v", "-###"):
            options.verbose, options.dry = True, options.dry or word == "-###"
        elif word == "-o":
            options.output = value()
        elif word.startswith("-o") and len(word) > 2 and not word.startswith("-opt"):
            options.output = word[2:]
        elif word in ("-c", "--compile"):
            options.mode = "compile"
        elif word == "-E":
            options.mode = "preprocess"
        elif word == "-S":
            options.mode = "rewrite"
        elif word == "-fsyntax-only":
            options.mode = "check"
        elif word in ("--bang-fatbin-only", "--bang-device-only"):
            fatbin = word
        elif word == "-shared":
            options.shared = True
        elif word == "-x" or (word.startswith("-x") and len(word) > 2):
            language = value() if word == "-x" else word[2:]
            language = "" if language == "none" else language
        elif word in ("--bang-mlu-arch", "--bang-arch"):
            _add_arch(options, word, value())
        elif word.startswith(("--bang-mlu-arch=", "--bang-arch=")):
            _add_arch(options, *word.split("=", 1))
        elif word.startswith(("-std=", "--std=")):
            options.standard = word.split("=", 1)[1]
        elif re.fullmatch(r"-O(\d|s|fast|g|z)?", word):
            options.optimization = {"-Oz": "-Os", "-Ofast": "-O3"}.get(
                word, word
            )  # NaN and Inf are numbers to a kernel
        elif word in _PREPROCESSING_ALONE:
            options.preprocessing.append(word)
            if word in ("-M", "-MM"):
                options.mode = "preprocess"
        elif found := _PREPROCESSING.match(word):
            options.preprocessing.append(word)
            if found.end() == len(word):
                options.preprocessing.append(value())
        elif word.startswith("-Wp,"):
            options.preprocessing.append(word)
        elif word in ("-static", "-s"):
            options.warnings.append(f"{word} is ignored: the simulator is a shared library that reads symbols")
        elif _LINKING.match(word):
            if word in ("-l", "-L", "-T", "-z", "-u"):
                word += value()
            elif word == "-Xlinker":
                word = "-Wl," + value()
            if not (word.startswith("-l") and word[2:] in NEUWARE_LIBRARIES):
                options.inputs.append(Input(word, "option"))
        elif word in ("-rdynamic", "-pie", "-no-pie", "-nostartfiles"):
            options.inputs.append(Input(word, "option"))
        elif _COMPILING.fullmatch(word):
            options.compiling.append(word)
        elif word in _IGNORED_WITH_VALUE:
            value()
        elif _IGNORED.fullmatch(word):
            pass
        elif word == "-" and not language:
            raise UsageError("a text on standard input needs -x bang or -x c++ before it")
        elif word.startswith("-") and word != "-":
            options.warnings.append(f"unknown option {word} is ignored")
        else:
            options.inputs.append(Input(word, _language(word, language)))
    if fatbin and options.mode not in ("preprocess", "rewrite"):
        raise UsageError(
            f"{fatbin} makes code of the card, which the simulator does not run; leave it out for an object of the host"
        )
    _check(options)
    return options


def _with_responses(arguments: Sequence[str], depth: int = 0) -> list[str]:
    """The arguments, with those in the file in place of each @file."""
    words: list[str] = []
    for word in arguments:
        if not (word.startswith("@") and os.path.isfile(word[1:])):
            words.append(word)
        elif depth > 9:
            raise UsageError(f"{word} names itself")
        else:
            with open(word[1:], encoding="utf-8") as file:
                words += _with_responses(shlex.split(file.read()), depth + 1)
    return words


def _check(options: Options) -> None:
    if options.special:
        return
    if all(each.language == "option" for each in options.inputs):
        raise UsageError("no input file; name a .mlu, .cpp or .o file, or see --help")
    sources = [each for each in options.inputs if each.language not in ("object", "option")]
    if options.output and options.mode != "link" and len(sources) > 1:
        raise UsageError("-o names one file, but with -c or -E every source makes one; leave -o out or give one source")


def _language(path: str, forced: str) -> str:
    if forced in ("bang", "c", "c++"):
        return forced
    for suffix, language in ((".mlu", "bang"), (".c", "c")):
        if path.endswith(suffix):
            return language
    return "c++" if path.endswith(SOURCES) else "object"


def _add_arch(options: Options, word: str, value: str) -> None:
    for part in value.split(","):
        if word == "--bang-arch":
            known = {"compute_20": "mtp_270", "compute_30": "mtp_372", "compute_50": "mtp_592"}
            if part not in known:
                raise UsageError(f"{word}={part} is unknown; the simulator has {', '.join(known)}")
            options.arches.append(known[part])
        else:  # before cncc 2.8 it is the product's name
            options.arches.append({"MLU270": "mtp_270", "MLU370": "mtp_372", "MLU590": "mtp_592"}.get(part, part))

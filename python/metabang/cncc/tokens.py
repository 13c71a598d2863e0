"""Tokens of a preprocessed C++ text, and edits to it that keep every line where it is.

Only what comes from the user's files is split: headers of the system and of MetaBANG hold no BANG C to rewrite.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from metabang.toolchain import INCLUDE

# A line marker of the preprocessor: line, file, flags.
MARKER = re.compile(r'^# (\d+) "((?:[^"\\]|\\.)*)"((?: \d)*)$', re.MULTILINE)
_TOKEN = re.compile(
    r"""
    (?P<marker>^\#[^\n]*)
  | (?P<raw>(?:u8|[uUL])?R"(?P<tag>[^()\\\s]*)\(.*?\)(?P=tag)")
  | (?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*")
  | (?P<char>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)*')
  | (?P<number>\.?\d(?:[eEpP][+-]|'(?=\w)|[\w.])*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<launch><<\s*<)
  | (?P<mark>::|->|&&|\|\||<=|>=|==|!=|[^\w\s])
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_OWN = f"{INCLUDE}/"  # a macro of the command line takes the mark of a system header away
_NO_FILES = {"<built-in>", "<command-line>"}
_CLOSES = {"(": ")", "[": "]", "{": "}"}


@dataclass
class Source:
    """A text, the tokens of its user's part, and the edits to be made.

    `kinds`, `texts`, `starts` are parallel; `match[i]` is the index of the bracket that closes or opens the one at i.
    """

    text: str
    kinds: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    match: dict[int, int] = field(default_factory=dict)
    _edits: list[tuple[int, int, str]] = field(default_factory=list)
    _marks: list[tuple[int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for begin, end in self._user_regions():
            for found in _TOKEN.finditer(self.text, begin, end):
                if found.lastgroup == "marker":
                    continue
                kind = "raw" if found.lastgroup == "tag" else found.lastgroup
                self.kinds.append(kind)
                self.texts.append("<<<" if kind == "launch" else found[0])
                self.starts.append(found.start())
        stack: list[int] = []
        for i, text in enumerate(self.texts):
            if self.kinds[i] != "mark":
                continue
            if text in _CLOSES:
                stack.append(i)
            elif text in ")]}" and stack and _CLOSES[self.texts[stack[-1]]] == text:
                self.match[i] = stack.pop()
                self.match[self.match[i]] = i

    def _user_regions(self) -> list[tuple[int, int]]:
        regions, begin, systems = [], 0, {}
        user = True
        for marker in MARKER.finditer(self.text):
            self._marks.append((marker.end() + 1, int(marker[1]), marker[2].replace("\\\\", "\\")))
            # a macro of a system header marks the user's line that it stands on, too: a file's first mark tells
            ours = marker[2].startswith(_OWN) or marker[2] in _NO_FILES
            system = systems.setdefault(marker[2], ours or "3" in marker[3].split())
            if user and marker.start() > begin:
                regions.append((begin, marker.start()))
            begin, user = marker.end(), not system
        if user:
            regions.append((begin, len(self.text)))
        return regions

    def __len__(self) -> int:
        return len(self.texts)

    def at(self, i: int) -> str:
        """The text of token i, "" outside of the text."""
        return self.texts[i] if 0 <= i < len(self.texts) else ""

    def end(self, i: int) -> int:
        """The position after token i."""
        if self.kinds[i] == "launch":
            return self.text.index("<", self.text.index("<<", self.starts[i]) + 2) + 1
        return self.starts[i] + len(self.texts[i])

    def slice(self, first: int, last: int) -> str:
        """The tokens first … last, one space between names, as one line."""
        parts: list[str] = []
        for text in self.texts[first : last + 1]:
            if parts and re.match(r"\w", text) and re.search(r"\w$", parts[-1]):
                parts.append(" ")
            parts.append(text)
        return "".join(parts)

    def replace(self, i: int, new: str) -> None:
        self._edits.append((self.starts[i], self.end(i), new))

    def replace_span(self, begin: int, end: int, new: str) -> None:
        """Replaces the characters [begin, end); the newlines among them stay."""
        self._edits.append((begin, end, new + "\n" * self.text.count("\n", begin, end)))

    def insert_before(self, i: int, new: str) -> None:
        self._edits.append((self.starts[i], self.starts[i], new))

    def insert_after(self, i: int, new: str) -> None:
        self._edits.append((self.end(i), self.end(i), new))

    def place(self, i: int) -> tuple[str, int]:
        """File and line of token i."""
        at = bisect_right(self._marks, self.starts[i], key=lambda mark: mark[0]) - 1
        if at < 0:
            return "", 1
        begin, line, file = self._marks[at]
        return file, line + self.text.count("\n", begin, self.starts[i])

    def skip_angles(self, i: int) -> int:
        """The index after the `>` that closes the `<` at i; i + 1 if it is no bracket."""
        depth, k = 0, i
        while k < len(self):
            text = self.texts[k]
            if text in "([{" and text and k in self.match:
                k = self.match[k]
            elif text == "<":
                depth += 1
            elif text == ">":
                depth -= 1
                if depth == 0:
                    return k + 1
            elif text in (";", "{", ")"):
                return i + 1
            k += 1
        return i + 1

    def open_angle(self, i: int) -> int:
        """The index of the `<` that the `>` at i closes; -1 if there is none."""
        depth, k = 0, i
        while k >= 0:
            text = self.texts[k]
            if text in (")", "]", "}") and k in self.match:
                k = self.match[k]
            elif text == ">":
                depth += 1
            elif text == "<":
                depth -= 1
                if depth == 0:
                    return k
            elif text in (";", "{", "("):
                return -1
            k -= 1
        return -1

    def edited(self) -> str:
        """The text with all edits made; insertions at one place keep their order and come before what they precede."""
        parts, at = [], 0
        for begin, end, new in sorted(self._edits, key=lambda edit: (edit[0], edit[1] > edit[0])):
            parts += [self.text[at:begin], new]
            at = end
        return "".join([*parts, self.text[at:]])

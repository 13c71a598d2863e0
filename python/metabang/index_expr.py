"""Index expressions of reindex: strings such as `"i0*2-1+i3"`, or a Python function of the index symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .arguments import described
from .errors import IndexExprError, MetaBangError

LONGEST = 5000  # characters of one expression


class Index:
    """A symbolic index; its operators build the text that the graph core parses."""

    __slots__ = ("text",)
    __hash__ = None  # type: ignore[assignment]  # == builds a condition

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def __neg__(self) -> Index:
        return Index(f"(0 - {_text(self)})")

    def minimum(self, other) -> Index:
        """The smaller of two indices."""
        return Index(f"min({self.text}, {_text(other)})")

    def maximum(self, other) -> Index:
        """The larger of two indices."""
        return Index(f"max({self.text}, {_text(other)})")

    def __truediv__(self, other):
        raise IndexExprError("an index expression uses '/'; write '//' for the floor division")

    __rtruediv__ = __truediv__

    def __bool__(self) -> bool:
        raise IndexExprError(
            "an index has no value while the expression is built; use overflow_conditions instead of `if`"
        )


class Condition(Index):
    """A comparison of two index expressions; as a number it is 1 or 0."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"({self.text}) && ({_text(other)})")

    def __or__(self, other: Condition) -> Condition:
        return Condition(f"({self.text}) || ({_text(other)})")

    def __invert__(self) -> Condition:
        return Condition(f"!({self.text})")

    def where(self, a, b) -> Index:
        """a where the condition holds, else b."""
        return Index(f"({self.text} ? {_text(a)} : {_text(b)})")

    def __bool__(self) -> bool:
        raise IndexExprError("conditions cannot be joined by `and`, `or`, `not`; join them by &, |, ~ in parentheses")


def _text(value) -> str:
    if isinstance(value, Index):
        return f"({value.text})" if isinstance(value, Condition) else value.text
    if isinstance(value, (int, np.integer)):  # no tensor: its value is not known yet
        return str(int(value))
    kind = type(value).__name__
    raise IndexExprError(f"an index expression is made of indices and integers, not of {kind}; pass tensors as extras")


def _install(cls: type, method: str, symbol: str, result: type, reflected: bool) -> None:
    def forward(self, other):
        text = f"{_text(self)} {symbol} {_text(other)}"
        return result(f"({text})" if result is Index else text)

    def backward(self, other):
        return result(f"({_text(other)} {symbol} {_text(self)})")

    setattr(cls, f"__{method}__", forward)
    if reflected:
        setattr(cls, f"__r{method}__", backward)


for _method, _symbol in (("add", "+"), ("sub", "-"), ("mul", "*"), ("floordiv", "//"), ("mod", "%")):
    _install(Index, _method, _symbol, Index, reflected=True)
for _method, _symbol in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="), ("eq", "=="), ("ne", "!=")):
    _install(Index, _method, _symbol, Condition, reflected=False)

# Elements are strings, integers, or what the operators of Index build.
Indexes = str | Sequence | Callable
Conditions = str | Sequence | Callable


_PARTS = (Index, str, int, np.integer)


def _apply(function: Callable, ndim: int, extras: int) -> list:
    """What the function answers to the symbols, as a list. It is called twice, for it has to answer the same.

    Raises IndexExprError.
    """
    symbols = [Index(f"i{k}") for k in range(ndim)] + [Index(f"s{k}") for k in range(extras)]
    try:
        result, again = function(*symbols), function(*symbols)
    except MetaBangError:
        raise
    except Exception as error:
        inside = error.__traceback__.tb_next  # None if the call itself failed
        if isinstance(error, TypeError) and inside is None:
            raise IndexExprError(f"the index function is called with {len(symbols)} symbols: {error}") from None
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__  # a bare assert says nothing
        raise IndexExprError(
            f"the index function raises {what}; it computes with its arguments, which are "
            "symbols, by + - * // % and comparisons, and with integers; pass tensors as extras",
            inside and (inside.tb_frame.f_code.co_filename, inside.tb_lineno),
        ) from None
    answers = [list(each) if isinstance(each, (list, tuple)) else [each] for each in (result, again)]
    texts, others = ([str(each) for each in answer if isinstance(each, _PARTS)] for answer in answers)
    for text, other in zip(texts, others):
        if text != other:
            raise IndexExprError(
                f"the index function answers {text!r}, and {other!r} when it is called again; an index expression has "
                "no side effect and does not depend on one"
            )
    return answers[0]


def index_texts(indexes: Indexes, ndim: int, extras: int) -> list[str]:
    """One text for each indexed dimension. `ndim` counts the iterated indices, `extras` the extra tensors."""
    if callable(indexes):
        indexes = _apply(indexes, ndim, extras)
    if isinstance(indexes, str):
        raise IndexExprError(f"indexes is a list with one expression for each dimension; write [{indexes!r}]")
    return [_checked(each if isinstance(each, str) else _text(each)) for each in indexes]


def condition_texts(conditions, ndim: int, extras: int) -> list[str]:
    """One text for each condition under which an element overflows."""
    if callable(conditions):
        conditions = _apply(conditions, ndim, extras)
    if isinstance(conditions, str):
        conditions = [conditions]
    texts = [each if isinstance(each, str) else getattr(each, "text", None) for each in conditions]
    if None in texts:
        raise IndexExprError("an overflow condition is a comparison such as 'i0 >= 5'")
    return [_checked(text) for text in texts]


def _checked(text: str) -> str:
    """The text, which the parsers take byte by byte. Raises IndexExprError for what no expression has."""
    if len(text) > LONGEST:
        raise IndexExprError(
            f"an index expression has at most {LONGEST} characters, this one has {len(text)}; pass a tensor as an extra"
        )
    for character in text:
        if not " " <= character <= "~" and character not in "\t\n":
            raise IndexExprError(f"index expression {described(text)} has an unexpected {character!r}")
    return " ".join(text.split())

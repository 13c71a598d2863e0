"""Arguments of public functions against their annotations: a wrong one is a sentence, not a failure of what it reaches.

`checked` is for functions that a program calls once for a layer or a reindex. Element-wise operators, of which there
are many more, look at their operands themselves.
"""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Union

import numpy as np

from .errors import DTypeError

Kind = tuple[Callable[[Any], bool], str]  # whether it takes a value, and how it is called in a sentence


def checked(function: Callable) -> Callable:
    """`function`, which raises DTypeError for an argument that its annotation does not allow, for one that is missing
    and for one that it does not have.

    What has no annotation is not looked at, nor what is annotated with Any or object.
    """
    if not set(function.__annotations__) - {"return"}:
        return function
    parameters: list[tuple[str, Kind]] = []
    by_name: dict[str, Kind] = {}

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        if not parameters:  # annotations are resolved late: modules import each other
            parameters.extend(_parameters(function))
            by_name.update(parameters)
        for value, (name, kind) in zip(args, parameters):
            if not kind[0](value):
                raise DTypeError(_sentence(function, args, name, kind, value))
        for name, value in kwargs.items():
            kind = by_name.get(name)
            if kind is not None and not kind[0](value):
                raise DTypeError(_sentence(function, args, name, kind, value))
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            if error.__traceback__.tb_next is None:  # raised by the call itself
                raise DTypeError(str(error)) from None
            raise

    return wrapper


def check_public(namespace: dict[str, Any], names: Iterable[str] | None = None) -> None:
    """Replaces the package's functions in a module's `namespace` by their checked ones, and the methods of its classes.

    Those of Var are called too often for that: but for `__init__` they look at their arguments themselves.
    """
    from .var import Var

    for name in list(namespace) if names is None else names:
        value = namespace[name]
        if name.startswith("_") or not getattr(value, "__module__", "").startswith("metabang"):
            continue
        if inspect.isfunction(value) and not hasattr(value, "__wrapped__"):
            namespace[name] = checked(value)
        elif inspect.isclass(value) and not issubclass(value, Exception):
            for each in value.__mro__:
                if each.__module__.startswith("metabang"):
                    _check_methods(each, ("__init__",) if each in Var.__mro__ else None)


def _check_methods(kind: type, names: Iterable[str] | None) -> None:
    """Replaces the named methods of a class, or all public ones and `__init__`, by their checked ones."""
    for name, method in list(vars(kind).items()):
        wanted = name in names if names else name == "__init__" or name[0] != "_"
        if wanted and inspect.isfunction(method) and not hasattr(method, "__wrapped__"):
            setattr(kind, name, checked(method))


def described(value: Any) -> str:
    """A value in a sentence: numbers and strings as they are written, anything else by its type."""
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        text = repr(value)
        return text if len(text) <= 40 else text[:36] + "…" + text[-1]
    if isinstance(value, (list, tuple)) and len(value) <= 6:
        return f"({', '.join(map(described, value))}{',' * (len(value) == 1)})"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}{list(value.shape)}"
    return f"a value of type {type(value).__name__}"


def is_integer(value: Any) -> bool:
    """Whether this is a Python or NumPy integer of at most 64 bits, and no bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63


def is_number(value: Any) -> bool:
    """Whether this is a real number; an integer of at most 64 bits, with or without a sign."""
    if isinstance(value, int):
        return -(1 << 63) <= value < 1 << 64
    return isinstance(value, (np.bool_, float, np.floating, np.integer))


def _sentence(function: Callable, args: tuple, name: str, kind: Kind, value: Any) -> str:
    owner = function.__name__
    if owner in ("__init__", "forward"):
        owner = type(args[0]).__name__
    if isinstance(value, int) and not isinstance(value, bool) and not is_integer(value):
        return f"{owner} got an integer beyond 64 bits for `{name}`; give a smaller one"
    return f"{owner} needs {kind[1]} for `{name}`, got {described(value)}"


def _parameters(function: Callable) -> Iterator[tuple[str, Kind]]:
    hints = typing.get_type_hints(function)
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            break
        yield name, _kind(hints.get(name, Any), parameter.default is None)


def _kind(hint: Any, optional: bool = False) -> Kind:
    """What an annotation allows."""
    origin = typing.get_origin(hint)
    if optional or origin in (Union, types.UnionType):
        several = typing.get_args(hint) if origin in (Union, types.UnionType) else (hint,)
        kinds = [_kind(each) for each in (*several, *([None] if optional else []))]
        nouns = list(dict.fromkeys(noun for _, noun in kinds if noun != "None"))
        return (lambda value: any(accepts(value) for accepts, _ in kinds)), " or ".join(nouns)
    if origin is tuple and Ellipsis not in typing.get_args(hint):
        return _tuple([_kind(each) for each in typing.get_args(hint)])
    if origin in (Sequence, list, tuple) or hint in (Sequence, list, tuple):
        return _sequence([each for each in typing.get_args(hint) if each is not Ellipsis])
    return _simple(origin or hint)


def _tuple(elements: list[Kind]) -> Kind:
    def accepts(value) -> bool:
        if not isinstance(value, (list, tuple)) or len(value) != len(elements):
            return False
        return all(takes(each) for (takes, _), each in zip(elements, value))

    return accepts, f"a tuple of {len(elements)} {_plural(elements[0][1])}"


def _plural(noun: str) -> str:
    noun = noun.removeprefix("an ").removeprefix("a ").removesuffix(", such as mb.array makes,")
    parts = noun.replace(" a ", " ").replace(" an ", " ").split(" or ")
    return " or ".join(each.replace("sequence", "sequences", 1) if " of " in each else f"{each}s" for each in parts)


def _sequence(elements: list) -> Kind:
    element = _kind(Union[tuple(elements)]) if elements else (lambda value: True, "value")  # noqa: UP007

    def accepts(value) -> bool:
        if not isinstance(value, (list, tuple, range)) and not (isinstance(value, np.ndarray) and value.ndim):
            return False
        return len(value) < 10**6 and all(element[0](each) for each in value)

    return accepts, f"a sequence of {_plural(element[1])}"


def _simple(hint: Any) -> Kind:
    from .var import Var

    if hint in (Any, object) or isinstance(hint, (str, typing.TypeVar)):
        return (lambda value: True), "anything"
    if hint in (None, type(None)):
        return (lambda value: value is None), "None"
    if hint is bool:
        return (lambda value: isinstance(value, (bool, np.bool_))), "True or False"
    if hint is int:
        return is_integer, "an integer"
    if hint is float:
        return is_number, "a number"
    if hint is str:
        return (lambda value: isinstance(value, str)), "a string"
    if hint is np.ndarray:  # whatever numpy.asarray takes
        return (lambda value: value is not None), "an array"
    if hint is Var:
        return (lambda value: isinstance(value, Var)), "a tensor, such as mb.array makes,"
    if hint is Callable:
        return callable, "a function"
    if hint is Iterable:
        return (lambda value: isinstance(value, Iterable) and not isinstance(value, (str, bytes))), "several values"
    if hint is Mapping or hint is dict:
        return (lambda value: isinstance(value, Mapping)), "a dict"
    article = "an" if hint.__name__[0] in "AEIOU" else "a"
    return (lambda value: isinstance(value, hint)), f"{article} {hint.__name__}"

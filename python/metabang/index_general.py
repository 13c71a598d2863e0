"""Index expressions that no affine map can say: their values are computed as tensors, and become extras.

Products and quotients of indices, `&&`, `||`, `!`, comparisons as numbers, `c ? a : b`, `min(a, b)`, `max(a, b)`,
`abs(a)`, and `@e0(i0, i2*2)`, the element of extra 0 at that index (Jittor's form). What is affine stays a map, so only
the parts that need it cost a gather. A quotient or remainder by an index that is 0 counts as outside of the operand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from . import _core
from .errors import DTypeError, IndexExprError, ShapeError

_graph = _core.graph
_TOKEN = re.compile(r"\s*(?:(\d+)|(@e\d+)|([A-Za-z_]\w*)|(//|&&|\|\||[<>=!]=|[-+*/%<>!?:(),]))")
_WORDS = {"floordiv": "//", "mod": "%", "and": "&&", "or": "||", "not": "!"}
_COMPARE = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
_LEVELS = (("||",), ("&&",), tuple(_COMPARE), ("+", "-"), ("*", "//", "%", "ceildiv"))
_FUNCTIONS = {"min": 2, "max": 2, "abs": 1}
_OUTSIDE = -(1 << 30)  # an index that leaves any operand
_WIDE = ("uint32", "int64", "uint64")  # dtypes of extras with values that 32 bits with a sign lack


class _Parser:
    """Text to a tree: (operator, operands…), ("i", k), ("s", k), ("e", k, indices…) or ("number", value)."""

    def __init__(self, text: str, rank: int, extras: int) -> None:
        self.text, self.counts, self.at = text, {"i": rank, "d": rank, "s": extras, "e": extras}, 0
        self.tokens = self._tokens()

    def fail(self, what: str):
        shown = self.text if len(self.text) <= 80 else self.text[:80] + "…"
        raise IndexExprError(f"index expression '{shown}' {what}")

    def _tokens(self) -> list[str]:
        tokens, at = [], 0
        text = self.text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                self.fail(f"has an unexpected '{text[at:].lstrip()[0]}'")
            token = match.group().strip()
            tokens.append(_WORDS.get(token, token))
            at = match.end()
        return tokens

    def parse(self):
        tree = self._ternary(0)
        if self.at < len(self.tokens):
            self._unexpected(self.tokens[self.at])
        return tree

    def _unexpected(self, token: str):
        if token == "/":
            self.fail("uses '/'; write '//' for the floor division")
        self.fail(f"has an unexpected '{token}'")

    def _accept(self, *tokens: str) -> str:
        if self.at < len(self.tokens) and self.tokens[self.at] in tokens:
            self.at += 1
            return self.tokens[self.at - 1]
        return ""

    def _need(self, token: str) -> None:
        if not self._accept(token):
            self.fail(f"misses a '{token}'")

    def _ternary(self, depth: int):
        if depth > 100:
            self.fail("is nested too deeply")
        condition = self._level(0, depth)
        if not self._accept("?"):
            return condition
        yes = self._ternary(depth + 1)
        self._need(":")
        return ("?", condition, yes, self._ternary(depth + 1))

    def _level(self, level: int, depth: int):
        if level == len(_LEVELS):
            return self._prefix(depth)
        tree = self._level(level + 1, depth)
        compared = False
        while operator := self._accept(*_LEVELS[level]):
            if compared:
                self.fail("chains comparisons; join two of them by '&&'")
            compared = operator in _COMPARE
            tree = (operator, tree, self._level(level + 1, depth))
        return tree

    def _prefix(self, depth: int):
        if depth > 100:
            self.fail("is nested too deeply")
        if self._accept("-"):
            return ("-", ("number", 0), self._prefix(depth + 1))
        if self._accept("+"):
            return self._prefix(depth + 1)
        if self._accept("!"):
            return ("!", self._prefix(depth + 1))
        if self._accept("("):
            tree = self._ternary(depth + 1)
            self._need(")")
            return tree
        return self._atom(depth)

    def _atom(self, depth: int):
        if self.at == len(self.tokens):
            self.fail("ends too early")
        token = self.tokens[self.at]
        self.at += 1
        if token.isdigit():
            if len(token) > 15:
                self.fail("has a number that is too large")
            return ("number", int(token))
        if token in _FUNCTIONS or token.startswith("@"):
            self._need("(")
            operands = [self._ternary(depth + 1)]
            while self._accept(","):
                operands.append(self._ternary(depth + 1))
            self._need(")")
            if token.startswith("@"):
                return ("e", self._number("e", token[2:]), *operands)
            if len(operands) != _FUNCTIONS[token]:
                self.fail(f"gives {token} {len(operands)} operands, it takes {_FUNCTIONS[token]}")
            return (token, *operands)
        if token[0] in "ids" and token[1:].isdigit():
            return ("i" if token[0] == "d" else token[0], self._number(token[0], token[1:]))
        if token[0].isalpha() or token[0] == "_":
            self.fail(f"has the name '{token}', which is no index; indices are i0, i1, … and extras s0, s1, …")
        self._unexpected(token)

    def _number(self, kind: str, digits: str) -> int:
        number, count = int(digits), self.counts[kind]
        if number >= count:
            what = "extras" if kind in "se" else "result dimensions"
            self.fail(f"uses {kind}{number}, but there are {count} {what}")
        return number


def _constant(tree) -> int | None:
    if tree[0] == "number":
        return tree[1]
    if tree[0] in ("+", "-", "*"):
        a, b = _constant(tree[1]), _constant(tree[2])
        if a is not None and b is not None:
            return a + b if tree[0] == "+" else a - b if tree[0] == "-" else a * b
    return None


class _Tensors:
    """Trees as tensors over the iterated indices; sizes of 1 where they do not vary."""

    def __init__(self, shape: Sequence[int], extras: Sequence) -> None:
        self.shape, self.extras = tuple(shape), list(extras)
        self.dtype = "int32"

    def value(self, tree):
        kind, *operands = tree
        if kind == "number":
            return _graph.constant(operands[0], [1] * len(self.shape), self.dtype)
        if kind == "i":
            return self._index(operands[0])
        if kind == "s":
            return self._integers(self.extras[operands[0]])
        if kind == "e":
            return self._element(*operands)
        if kind in ("&&", "||"):
            return self._binary("and" if kind == "&&" else "or", *(self._truth(self.value(each)) for each in operands))
        if kind == "!":
            return _graph.unary(_graph.kind("unary", "not"), self._truth(self.value(operands[0])))
        if kind == "?":
            chosen = (self._number(self.value(each)) for each in operands[1:])
            return _graph.where(self._truth(self.value(operands[0])), *chosen)
        numbers = [self._number(self.value(each)) for each in operands]
        if kind in _COMPARE:
            return _graph.comparison(_graph.kind("compare", _COMPARE[kind]), *numbers)
        if kind == "abs":
            return _graph.unary(_graph.kind("unary", "abs"), numbers[0])
        if kind in ("//", "%", "ceildiv"):
            return self._divided(kind, *numbers, _constant(operands[1]))
        return self._binary({"+": "add", "-": "sub", "*": "mul"}.get(kind, kind), *numbers)

    def _index(self, k: int):
        line = _graph.index([self.shape[k]], 0, self.dtype)
        return _graph.reshape(line, [n if j == k else 1 for j, n in enumerate(self.shape)])

    def _binary(self, kind: str, a, b):
        return _graph.arithmetic(_graph.kind("binary", kind), a, b)

    def _truth(self, node):
        if node.dtype == "bool":
            return node
        return _graph.comparison(_graph.kind("compare", "ne"), node, 0)

    def _number(self, node):
        return _graph.cast(node, self.dtype)

    def _integers(self, extra):
        if extra.dtype == "bool" or "float" in extra.dtype:
            raise DTypeError(f"extras are of an integer dtype, got {extra.dtype}; cast them with .astype('int32')")
        if extra.dtype == "uint64":  # what int64 lacks lies as far outside as its largest
            extra = _graph.arithmetic(_graph.kind("binary", "min"), extra, (1 << 63) - 1)
        return _graph.cast(extra, self.dtype)

    def _divided(self, kind: str, a, b, constant: int | None):
        if constant == 0:
            raise IndexExprError("an index expression divides by 0")
        if kind == "ceildiv":
            a, kind = self._binary("sub", self._binary("add", a, b), 1), "//"
        operator = "floordiv" if kind == "//" else "mod"
        if constant is not None:
            return self._binary(operator, a, b)
        zero = _graph.comparison(_graph.kind("compare", "eq"), b, 0)
        return _graph.where(zero, _OUTSIDE, self._binary(operator, a, _graph.where(zero, 1, b)))

    def _element(self, number: int, *indices):
        extra = self.extras[number]
        if len(indices) != extra.ndim:
            raise IndexExprError(f"@e{number} has {len(indices)} indices, extra {number} has {extra.ndim} dimensions")
        extra = self._integers(extra)
        dims = [each[1] for each in indices if each[0] == "i"]
        if len(dims) == extra.ndim == len(set(dims)):
            if all(n in (1, self.shape[d]) for n, d in zip(extra.shape, dims)):
                kept = [n if d in dims else 1 for d, n in enumerate(self.shape)]
                return _graph.broadcast(extra, kept, dims)
        at = [_graph.broadcast_to(self._number(self.value(each)), self.shape) for each in indices]
        return _graph.reindex(extra, self.shape, [f"s{k}" for k in range(len(at))], 0, [], at)


def _magnitude(tree, shape: Sequence[int]) -> int:
    """A bound of the absolute value: what is beyond 2^30 is computed in int64."""
    kind, *operands = tree
    if kind == "number":
        return abs(operands[0])
    if kind == "i":
        return shape[operands[0]]
    if kind in ("s", "e"):
        return 1 << 20  # what an extra may be in a product of three
    bounds = [_magnitude(each, shape) for each in operands]
    return bounds[0] * bounds[1] if kind == "*" else max(bounds) if kind in ("//", "%", "?") else sum(bounds)


def _needs_64_bits(text: str, shape: Sequence[int], extras: Sequence) -> bool:
    """Whether `text` computes with an extra that may exceed 32 bits, in which the device computes indices. An extra
    that is the whole expression does not count: the device takes its nearest value of 32 bits, outside any tensor."""
    if not any(extra.dtype in _WIDE for extra in extras):
        return False

    def uses(tree) -> bool:
        kind, *operands = tree
        if kind in ("s", "e") and extras[operands[0]].dtype in _WIDE:
            return True
        return any(uses(each) for each in operands if isinstance(each, tuple))

    tree = _Parser(text, len(shape), len(extras)).parse()
    return tree[0] != "s" and uses(tree)


def with_any_index(build: Callable, indexes: Sequence[str], conditions: Sequence[str], shape: Sequence[int], extras):
    """build(indexes, conditions, extras), of affine expressions of 32 bits alone if the given ones are not."""
    texts = (*indexes, *conditions)
    if not any("@" in text or _needs_64_bits(text, shape, extras) for text in texts):  # @: extras of any shape
        try:
            return build(indexes, conditions, extras)
        except IndexExprError:
            if not conditions and all(_is_affine(text, shape) for text in indexes):
                raise  # of another reason: how many there are, or their range
    return build(*compute_general(indexes, conditions, shape, extras))


def compute_general(indexes: Sequence[str], conditions: Sequence[str], shape: Sequence[int], extras: Sequence):
    """(indexes, conditions, extras) in which every expression is affine: the others are symbols of new extras.

    `shape` is that of what is iterated. `extras` are nodes. Raises IndexExprError, DTypeError, ShapeError.
    """
    symbols: list = []  # the extras of the result

    def symbol(node) -> str:
        symbols.append(node)
        return f"s{len(symbols) - 1}"

    def rewritten(text: str, is_condition: bool) -> str:
        tree = _Parser(text, len(shape), len(extras)).parse()
        if is_condition and tree[0] not in (*_COMPARE, "&&", "||", "!"):
            raise IndexExprError(f"overflow condition '{text}' needs one comparison: < <= > >= == or !=")
        is_wide = _needs_64_bits(text, shape, extras)
        if not is_condition and not is_wide and _is_affine(text, shape):
            return text
        tensors = _Tensors(shape, extras)
        magnitude = _magnitude(tree, shape)
        if magnitude >= 1 << 62:
            raise IndexExprError(f"index expression '{text}' goes beyond 64 bits; use smaller factors")
        tensors.dtype = "int64" if is_wide or magnitude >= 1 << 30 else "int32"
        node = _graph.cast(tensors.value(tree), tensors.dtype)
        try:
            node = _graph.broadcast_to(node, shape)
        except ShapeError as error:
            raise ShapeError(f"an extra of index expression '{text}' does not fit: {error.reason}") from None
        return symbol(node) + (" != 0" if is_condition else "")

    return [rewritten(each, False) for each in indexes], [rewritten(each, True) for each in conditions], symbols


def _is_affine(text: str, shape: Sequence[int]) -> bool:
    try:
        _graph.check_affine(text, len(shape))
    except IndexExprError:
        return False
    return True

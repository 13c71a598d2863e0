"""Every public function with every argument replaced by what it may be called with by mistake: it works, or there is
one sentence with the line of the call. Nothing else is raised, nothing hangs."""

from __future__ import annotations

import re

import numpy as np
import pytest
import valid_calls

import metabang as mb

FUNCTIONS = dict(valid_calls.functions())
JUNK = [
    None, "a", b"ab", float("nan"), float("inf"), 1.5, -1, 0, 1, True, 2**31, 2**62, -(2**63), 2**70, 1j, [], [-5, 7],
    [[1], [1, 2]], (None, None), (2**40, 2**40), (-1,), range(0, 10**9, 10**8), {}, {1, 2}, object(), int, np,
    lambda *symbols: None, np.int64(1), np.zeros((2, 2)), np.zeros(2, [("field", "i4")]), np.array(["a"]),
    np.array([None]), np.zeros((4, 4))[::2, ::-1], mb.input((3, 3)), mb.input((), "int64"), mb.input((0, 3)),
    mb.input((2, 3), "bool"), mb.input((1, 1, 1, 1, 1, 1)),
]  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument(name):
    with mb.target(mb.get_target()):  # some of the functions set it
        replace_arguments(name, FUNCTIONS[name])


def replace_arguments(name, function):
    given = valid_calls.arguments(name, function)
    function(**given)
    for key in given:
        for junk in JUNK:
            try:
                function(**{**given, key: junk})
            except mb.MetaBangError as error:
                sentence = str(error)
                assert error.source and error.source[0] == __file__, f"{key}={junk!r}: {sentence}"
                assert re.match(r"\S*test_bad_input.py:\d+: .{15}", sentence) and "\n" not in sentence
                assert "incompatible function arguments" not in sentence and "metabang." not in sentence
            except Exception as error:
                pytest.fail(f"{name}({key}={junk!r}): {type(error).__name__}: {error}")

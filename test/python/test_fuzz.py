"""Random programs: 324 drawn by hypothesis, the same ones every time (`metabang fuzz` draws as many as you like)."""

import faulthandler
import os
import time
from random import Random

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from programs import needs_compiler
from typer.testing import CliRunner

import metabang as mb
from metabang import fuzz
from metabang.cli.app import app

BATCH, BATCHES = 12, 9  # 12 programs are compiled together, 9 times for each of 3 devices


def programs(target: str):
    """A strategy of programs: hypothesis makes every choice."""
    return st.randoms(use_true_random=False).map(lambda random: fuzz.draw(random, target))


@needs_compiler
@pytest.mark.parametrize("target", ["mtp_270", "mtp_372", "mtp_592"])
def test_random_programs(target):
    @settings(derandomize=True, max_examples=BATCHES, deadline=None, phases=[Phase.generate])
    @given(st.lists(programs(target), min_size=BATCH, max_size=BATCH))
    def run(drawn):
        failures = fuzz.judge(drawn, target)
        if failures:
            pytest.fail("\n".join(map(str, failures)), pytrace=False)

    run()


def test_a_seed_draws_the_same_program():
    texts = [mb.emit(fuzz.draw(Random(5), "mtp_372").outputs) for _ in range(2)]
    assert texts[0] == texts[1] and texts[0] != mb.emit(fuzz.draw(Random(6), "mtp_372").outputs)


@needs_compiler
def test_a_wrong_result_is_a_failure_with_its_steps(monkeypatch):
    drawn = fuzz.draw(Random(1), "mtp_372", seed=1)
    run = mb.Program.run
    monkeypatch.setattr(mb.Program, "run", lambda *arguments: [each + 1 for each in run(*arguments)])
    (failure,) = fuzz.judge([drawn], "mtp_372")
    assert "(seed 1)" in str(failure) and "differ, at" in failure.reason and "0: " in str(failure)


def test_an_abort_is_a_failure(monkeypatch):
    def abort(*arguments):
        faulthandler.disable()  # pytest's, which would print all stacks
        os.abort()

    monkeypatch.setitem(fuzz.judge_seeds.__globals__, "judge", abort)
    (failure,) = fuzz.judge_seeds([3], "mtp_372")
    assert failure.reason == "the process ended by SIGABRT" and failure.drawn.seed == 3 and failure.drawn.steps


def test_an_endless_loop_is_a_failure(monkeypatch):
    monkeypatch.setitem(fuzz.judge_seeds.__globals__, "judge", lambda *arguments: time.sleep(60))
    (failure,) = fuzz.judge_seeds([3], "mtp_372", seconds=0.1)
    assert failure.reason == "no result after 0.1 s"


@needs_compiler
def test_what_rounding_moves_is_no_failure():
    x = mb.array(np.float32([1e4, 1]))
    y = mb.exp(mb.tanh(x * 1e-4) * 88) - mb.exp(mb.tanh(x * 1e-4) * 88 + 1e-6)  # all digits cancel
    assert not fuzz.judge([fuzz.Drawn(None, [y], [])], "mtp_372")


def test_bad_input():
    result = CliRunner().invoke(app, ["fuzz", "--target", "mlu"])
    assert result.exit_code == 2 and "there is no target named 'mlu'" in result.stderr

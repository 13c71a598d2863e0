"""Random programs: 108 on each device, the same ones every time (`metabang fuzz` draws as many as you like)."""

import faulthandler
import os
import time
from random import Random

import numpy as np
import pytest
from programs import needs_compiler
from typer.testing import CliRunner

import metabang as mb
from metabang import fuzz
from metabang.cli.app import app

BATCH, PROGRAMS = 36, 108


@needs_compiler
@pytest.mark.parametrize("target", ["mtp_270", "mtp_372", "mtp_592"])
def test_random_programs(target):
    failures = []
    for first in range(0, PROGRAMS, BATCH):
        failures += fuzz.judge([fuzz.draw(Random(seed), seed) for seed in range(first, first + BATCH)], target)
    if failures:
        pytest.fail("\n".join(map(str, failures)), pytrace=False)


def test_a_seed_draws_the_same_program():
    texts = [mb.emit(fuzz.draw(Random(5)).outputs) for _ in range(2)]
    assert texts[0] == texts[1] and texts[0] != mb.emit(fuzz.draw(Random(6)).outputs)


@needs_compiler
def test_a_wrong_result_is_a_failure_with_its_steps(monkeypatch):
    drawn = fuzz.draw(Random(1), seed=1)
    run = mb.Program.run
    monkeypatch.setattr(mb.Program, "run", lambda *arguments: [each + 1 for each in run(*arguments)])
    (failure,) = fuzz.judge([drawn], "mtp_372")
    assert "(seed 1)" in str(failure) and "differ, at" in failure.reason and "0: " in str(failure)


def judged(monkeypatch, judge, seeds, seconds=60.0):
    """What judge_batches makes of one batch, with another `judge`."""
    monkeypatch.setitem(fuzz.judge_batches.__globals__, "judge", judge)
    return list(fuzz.judge_batches([(seeds, "mtp_372")], workers=2, seconds=seconds))


def test_an_abort_is_a_failure_of_the_program_that_aborts(monkeypatch):
    def abort(programs, target):
        faulthandler.disable()  # pytest's, which would print all stacks
        if any(drawn.seed == 3 for drawn in programs):
            os.abort()
        return []

    found = judged(monkeypatch, abort, range(6))
    assert sorted(seed for each in found for seed in each.seeds) == list(range(6))
    (failure,) = (failure for each in found for failure in each.failures)
    assert failure.reason == "the process ended by SIGABRT" and failure.drawn.seed == 3 and failure.drawn.steps
    assert all(each.operators for each in found if list(each.seeds) != [3])


def test_an_endless_loop_is_a_failure(monkeypatch):
    (found,) = judged(monkeypatch, lambda *arguments: time.sleep(60), [3], seconds=0.1)
    assert found.failures[0].reason == "no result after 0.1 s"


def test_what_cannot_be_drawn_is_a_failure(monkeypatch):
    draw = fuzz.draw

    def wrong(random, seed):
        if seed == 2:
            faulthandler.disable()
            os.abort()
        return draw(random, seed) if seed else [][seed]

    monkeypatch.setitem(fuzz.judge_batches.__globals__, "draw", wrong)
    found = judged(monkeypatch, lambda *arguments: [], range(3))
    failures = {failure.drawn.seed: failure for each in found for failure in each.failures}
    assert sorted(failures) == [0, 2] and failures[0].reason.startswith("drawing it raises IndexError: ")
    assert failures[2].reason == "the process ended by SIGABRT" and "drawn" in failures[2].drawn.steps[0]


def test_an_interrupted_run_reports_and_tells_how_to_go_on(monkeypatch):
    def interrupted(batches, workers):
        batches = iter(batches)
        yield fuzz.Judged(*next(batches), [])
        next(batches)
        raise KeyboardInterrupt

    monkeypatch.setattr(fuzz, "judge_batches", interrupted)
    result = CliRunner().invoke(app, ["fuzz", "--programs", "1000", "--seed", "7", "--target", "mtp_372"])
    assert result.exit_code == 130 and "48 of 1000 runs, 0 failures" in result.stdout
    assert "interrupted; --seed 55 --programs 952 goes on" in result.stderr


def test_the_summary_tells_kinds_and_dtypes():
    x = mb.array(np.float16([1, 2]))
    counts = fuzz.covered([fuzz.Drawn(None, [mb.tanh(x), mb.exp(x), mb.max(x.astype("int8"))], [])])
    assert "  unary: 2 on 1 dtypes: 2 kinds, exp tanh" in fuzz.summary(counts)
    assert fuzz.table(counts)["max"] == {"int8": 1}


@needs_compiler
def test_what_rounding_moves_is_no_failure():
    x = mb.array(np.float32([1e4, 1]))
    y = mb.exp(mb.tanh(x * 1e-4) * 88) - mb.exp(mb.tanh(x * 1e-4) * 88 + 1e-6)  # all digits cancel
    assert not fuzz.judge([fuzz.Drawn(None, [y], [])], "mtp_372")


def test_bad_input():
    result = CliRunner().invoke(app, ["fuzz", "--target", "mlu"])
    assert result.exit_code == 2 and "there is no target named 'mlu'" in result.stderr

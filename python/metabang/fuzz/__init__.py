"""Random programs of meta-operators: drawn, compiled, run under the sanitizer, compared with float64."""

from metabang.fuzz.apart import judge_seeds
from metabang.fuzz.draw import Drawn, draw
from metabang.fuzz.judge import Failure, judge

__all__ = ["Drawn", "Failure", "draw", "judge", "judge_seeds"]

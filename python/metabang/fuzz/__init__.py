"""Random programs of meta-operators: drawn, compiled, run under the sanitizer, compared with float64."""

from metabang.fuzz.apart import Judged, judge_batches
from metabang.fuzz.coverage import covered, summary, table
from metabang.fuzz.draw import Drawn, draw
from metabang.fuzz.judge import Failure, judge

__all__ = ["Drawn", "Failure", "Judged", "covered", "draw", "judge", "judge_batches", "summary", "table"]

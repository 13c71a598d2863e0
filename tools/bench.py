"""Benchmarks of the project: `python tools/bench.py SUITE [--json FILE] [--only NAME]`.

`simulator` compares with NumPy in the same run, on the same data, and prints the ratio; it is no test, because a busy
machine changes the figures. `reindex` prints modelled times over the bound by memory traffic; no machine changes them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

# One thread for NumPy's BLAS: it must be said before NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))

from benchmarks import reindex, simulator  # noqa: E402

SUITES = {"simulator": simulator.run, "reindex": reindex.run}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("--only", metavar="TEXT", default="", help="only the rows whose name contains TEXT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows to FILE")
    options = parser.parse_args()
    rows = SUITES[options.suite](options.only)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

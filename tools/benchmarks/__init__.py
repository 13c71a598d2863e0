"""The suites of tools/bench.py."""

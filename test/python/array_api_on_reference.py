"""A pytest plugin for array-api-tests: programs run on the float64 reference instead of the device, in milliseconds.

`pytest -p array_api_on_reference …` checks semantics (names, dtypes, shapes, promotion, values). It says nothing about
the device; without it the same suite runs on the simulator (docs/array-api.md).
"""

from reference_backend import reference_backend

_running = reference_backend()


def pytest_sessionstart(session) -> None:
    _running.__enter__()


def pytest_sessionfinish(session) -> None:
    _running.__exit__(None, None, None)


def pytest_report_header(config) -> str:
    return "metabang: programs run on the float64 REFERENCE, on the host; nothing here ran on a device"

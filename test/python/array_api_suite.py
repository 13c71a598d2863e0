"""A pytest plugin for array-api-tests: `pytest -p array_api_suite [--on-reference] …` (docs/array-api.md).

Skips, with a reason each, what is not offered. With `--on-reference` programs run on the host, each operation evaluated
in float64 and rounded to its dtype: that checks names, dtypes, shapes, promotion and values in milliseconds, and says
nothing about the device. Without it the suite runs on the device or the simulator.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re

import numpy as np
import pytest

NOT_OFFERED = {
    r"real\(x_i\)|imag\(x_i\)|test_vecdot_conj": "there are no complex dtypes",
    r"\bfft\b|fft-": "there are no complex dtypes",
    r"linalg.*\b(cholesky|det|eigh|eigvalsh|inv|matrix_rank|pinv|qr|slogdet|solve|svd|svdvals)\b": "no decompositions",
    r"test_linalg.py::test_(cholesky|det|eigh|eigvalsh|inv|matrix_rank|pinv|qr|slogdet|solve|svd|svdvals)$": (
        "no decompositions"
    ),
    r"nextafter": "no operator takes a float apart",
    r"floor_?div.*(x1_i is [+-]infinity and isfinite|isfinite\(x1_i\).*infinity\) -> -0)": "NumPy's NaN or -1 instead",
    r"signbit\(x_i is -NaN\)": "the sign of a NaN cannot be seen",
    r"(ceil|floor|round|trunc)\(x_i.is_integer\(\)\)": "the suite draws integers that are no float32",
}
# On MLU2xx as well, whose vectors have neither infinities nor NaN (docs/graph.md).
NO_NAN = {r"test_nan_propagation": "the vector unit has no NaN"}


def pytest_addoption(parser) -> None:
    parser.addoption("--on-reference", action="store_true", help="run programs on the host instead of the device")


@pytest.hookimpl(trylast=True)
def pytest_configure(config) -> None:
    """On a device every example is a program: a failure is reported as it was found, not shrunk by hundreds more.
    On the simulator they run under its sanitizer."""
    from hypothesis import Phase, settings

    os.environ.setdefault("MLU_SIM_SANITIZE", "1")
    if not config.getoption("--on-reference"):
        phases = (Phase.explicit, Phase.reuse, Phase.generate)
        settings.register_profile("device", settings.get_profile("array-api-tests"), phases=phases)
        settings.load_profile("device")


def pytest_report_header(config) -> str:
    if config.getoption("--on-reference"):
        return "metabang: programs run on the float64 REFERENCE, on the host; nothing here runs on a device"
    import metabang

    return f"metabang: programs run on {metabang.get_target()}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items) -> None:
    from hypothesis import settings

    import metabang

    missing = dict(NOT_OFFERED)
    if not config.getoption("--on-reference") and metabang.get_target() == "mtp_270":
        missing |= NO_NAN
    for item in items:
        # The suite gives tests that compare element by element a tenth of the examples: of three, only the empty one.
        if not config.getoption("--on-reference") and item.get_closest_marker("unvectorized"):
            test = getattr(item.obj, "__func__", item.obj)
            test._hypothesis_internal_use_settings = settings(max_examples=config.getoption("--max-examples"))
        for pattern, reason in missing.items():
            if re.search(pattern, item.nodeid):
                item.add_marker(pytest.mark.skip(reason=f"not offered: {reason}"))


@pytest.fixture(scope="session", autouse=True)
def _programs(request):
    with on_reference() if request.config.getoption("--on-reference") else contextlib.nullcontext(), _drawn_again():
        yield


@contextlib.contextmanager
def _drawn_again():
    """Examples that need an inverse (negative powers of a matrix) or singular values (some norms) are drawn again."""
    import hypothesis

    from metabang import ShapeError
    from metabang.array_api import linalg

    def offered(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except ShapeError as error:
                if "which is not offered" in str(error) or "which are not offered" in str(error):
                    hypothesis.reject()
                raise

        return wrapper

    with pytest.MonkeyPatch.context() as patch:
        for name in ("matrix_norm", "matrix_power"):
            patch.setattr(linalg, name, offered(getattr(linalg, name)))
        yield


@contextlib.contextmanager
def on_reference():
    """Programs run on the reference, which rounds the result of each operation to its dtype."""
    from reference_backend import reference_backend

    from metabang import reference
    from metabang.dtypes import FLOATS, as_dtype

    exact = reference.compute

    def rounded(node, x: list[np.ndarray]) -> np.ndarray:
        value = exact(node, x)
        return as_dtype(value, node.dtype).astype(np.float64) if node.dtype in FLOATS else value

    with reference_backend(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "compute", rounded)
        yield

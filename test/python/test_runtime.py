"""What the runtime says about the machine, in processes of their own: the device is opened once."""

import json
import os
import subprocess
import sys

from metabang import runtime


def run(code, **environment):
    clean = {key: value for key, value in os.environ.items() if key not in ("NEUWARE_HOME", "METABANG_CNRT")}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**clean, **environment}, timeout=60
    )


DESCRIBE = "import json\nfrom metabang import runtime\nprint(json.dumps(runtime.describe()))"


def test_simulator_is_found_and_described():
    found = json.loads(run(DESCRIBE).stdout)
    assert found["device"]["kind"] == "simulator" and found["device"]["times"] == "modelled"
    assert found["device"]["library"].endswith("libcnrt_sim.so") and found["device"]["cores"] > 0
    assert "libcnrt.so" in found["device"]["passed_over"][0]
    assert found["compilers"]["host"]["version"] and "error" not in found
    assert found["cache"]["directory"] and found["versions"]["python"]


def test_description_survives_a_machine_without_anything(tmp_path):
    found = json.loads(run(DESCRIBE, METABANG_CNRT="/nowhere/libcnrt.so", PATH="/nowhere", CXX="").stdout)
    assert "/nowhere/libcnrt.so" in found["error"] and "device" not in found
    assert "install g++" in found["compilers"]["host_error"]


def test_bad_choices_are_one_sentence():
    code = (
        "from metabang import runtime\ntry: runtime.context()\nexcept runtime.DeviceError as e: print(e, '|', e.code)"
    )
    assert "METABANG_DEVICE is 'x'" in run(code, METABANG_DEVICE="x").stdout
    out = run(code, METABANG_DEVICE="7").stdout  # there is one device
    assert out.startswith("cnrtSetDevice failed: cnrtErrorDeviceInvalid (100005)") and out.endswith("| 100005\n")
    assert "dlopen(/nowhere.so) failed" in run(code, METABANG_CNRT="/nowhere.so").stdout


def test_one_context_a_process():
    assert runtime.context() is runtime.context()

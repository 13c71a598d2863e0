"""Compiles BANG C text for the simulator and runs it on NumPy arrays: what the tests of this directory share."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "python" / "metabang" / "include"
ARCH = {"mtp_270": 270, "mtp_372": 372, "mtp_592": 592}
NRAM_KB = {"mtp_270": 512, "mtp_372": 768, "mtp_592": 512}
KERNEL_TRAP = 100132
BLOCK, UNION1, UNION2, UNION4, UNION8 = 1, 4, 8, 16, 32


def find_library() -> Path:
    """The simulator under test: METABANG_SIM_LIBRARY, the installed package's, or the build tree's."""
    if path := os.environ.get("METABANG_SIM_LIBRARY"):
        return Path(path)
    places = [Path(p) / "metabang" for p in sys.path if p] + [ROOT / "build", ROOT / "python" / "metabang"]
    for place in places:
        for found in place.glob("**/libcnrt_sim.so") if place.is_dir() else []:
            return found
    raise FileNotFoundError("libcnrt_sim.so not found; set METABANG_SIM_LIBRARY to it")


class Dim3(ctypes.Structure):
    _fields_ = [("x", ctypes.c_uint), ("y", ctypes.c_uint), ("z", ctypes.c_uint)]


class Simulator:
    """The library through ctypes; one process has one."""

    def __init__(self) -> None:
        self.path = find_library()
        self.lib = lib = ctypes.CDLL(str(self.path), mode=ctypes.RTLD_GLOBAL)
        for name in (
            "mluSimLastReport",
            "mluSimLastProfile",
            "mluSimGetDevice",
            "mluSimGetSchedule",
            "cnrtGetErrorName",
        ):
            getattr(lib, name).restype = ctypes.c_char_p
        void = ctypes.c_void_p
        lib.cnrtInvokeKernel.argtypes = [void, Dim3, ctypes.c_int, ctypes.POINTER(void), ctypes.c_size_t, void]
        lib.cnrtMemcpy.argtypes = [void, void, ctypes.c_size_t, ctypes.c_int]
        lib.cnrtMalloc.argtypes = [ctypes.POINTER(void), ctypes.c_size_t]
        lib.cnrtFree.argtypes = [void]
        lib.cnrtQueueSync.argtypes = [void]
        self.cache = Path(tempfile.mkdtemp(prefix="mlu-sim-test-"))
        self.loaded: dict[str, ctypes.CDLL] = {}

    def build(self, text: str, device: str) -> ctypes.CDLL:
        names = re.findall(r"(?:__mlu_global__|__mlu_entry__)\s+void\s+(\w+)", text)
        key = hashlib.sha256(f"{device}\0{text}".encode()).hexdigest()[:16]
        if key not in self.loaded:
            source, wrapper, object_file, library = (self.cache / f"{key}.{e}" for e in ("mlu", "sim.cpp", "o", "so"))
            source.write_text(text)
            wrapper.write_text(f'#include "{source}"\n' + "".join(f"MLU_SIM_KERNEL({n})\n" for n in names))
            command = [
                "g++",
                "-std=c++17",
                "-O1",
                "-g1",
                "-gdwarf-4",
                "-fPIC",
                "-fvisibility=hidden",
                "-fsanitize=thread",
                f"-I{INCLUDE}",
            ]
            command += [f"-D__BANG_ARCH__={ARCH[device]}", f"-D__MLU_NRAM_SIZE__={NRAM_KB[device]}"]
            command += ["-c", str(wrapper), "-o", str(object_file)]
            for words in (command, ["g++", "-shared", str(object_file), "-o", str(library), str(self.path)]):
                done = subprocess.run(words, capture_output=True, text=True)
                if done.returncode:
                    raise RuntimeError(done.stderr)
            self.loaded[key] = ctypes.CDLL(str(library))
        return self.loaded[key]

    def run(
        self,
        text: str,
        *args,
        device: str = "mtp_270",
        dim=(1, 1, 1),
        sanitize: int = 2,
        job: int = BLOCK,
        schedule: str = "forward",
    ) -> str:
        """Runs the one kernel of `text`. Arrays are copied to the device and back; numbers are passed as they are:
        int as int, float as float. Returns the report, "" when the launch was right."""
        lib = self.lib
        assert lib.mluSimSetDevice(device.encode()) == 0
        lib.mluSimSetSanitize(sanitize)
        assert lib.mluSimSetSchedule(schedule.encode()) == 0
        lib.mluSimClearReport()
        module = self.build(text, device)
        name = re.findall(r"(?:__mlu_global__|__mlu_entry__)\s+void\s+(\w+)", text)[0]
        handle = ctypes.cast(getattr(module, name), ctypes.c_void_p)
        holders, device_copies = [], []
        for arg in args:
            if isinstance(arg, np.ndarray):
                assert arg.flags.c_contiguous
                pointer = ctypes.c_void_p()
                assert lib.cnrtMalloc(ctypes.byref(pointer), max(arg.nbytes, 1)) == 0
                assert lib.cnrtMemcpy(pointer, arg.ctypes.data, arg.nbytes, 0) == 0
                device_copies.append((pointer, arg))
                holders.append(pointer)
            else:
                holders.append(ctypes.c_float(arg) if isinstance(arg, float) else ctypes.c_int(arg))
        array = (ctypes.c_void_p * max(len(holders), 1))(*[ctypes.addressof(h) for h in holders])
        try:
            status = lib.cnrtInvokeKernel(handle, Dim3(*dim), job, array, 0, None)
            status = status or lib.cnrtQueueSync(None)
            report = lib.mluSimLastReport().decode()
            assert (status == 0) == (report == ""), (status, report)
            for pointer, arg in device_copies:
                assert lib.cnrtMemcpy(arg.ctypes.data, pointer, arg.nbytes, 2) == 0
        finally:
            for pointer, _ in device_copies:
                lib.cnrtFree(pointer)
        return report

    def profile(self) -> dict:
        import json

        return json.loads(self.lib.mluSimLastProfile().decode())


def kernel(params: str, body: str, nram: int = 262144, wram: int = 0) -> str:
    """A kernel named `k` with one NRAM pool, and one WRAM pool if asked for."""
    pools = f"__nram__ int8_t nram[{nram}];\n" + (f"__wram__ int8_t wram[{wram}];\n" if wram else "")
    return f'#include <bang.h>\n{pools}extern "C" __mlu_global__ void k({params}) {{\n{body}\n}}\n'

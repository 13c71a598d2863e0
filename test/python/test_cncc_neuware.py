"""What builds and programs for Neuware expect besides cncc and CNRT: FindBANG.cmake, CNDev, CNDrv."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cncc_programs import Folder

from metabang import devices

LISTS = """
cmake_minimum_required(VERSION 3.20)
project(sample LANGUAGES CXX)
list(APPEND CMAKE_MODULE_PATH "$ENV{NEUWARE_HOME}/cmake" "$ENV{NEUWARE_HOME}/cmake/modules")
find_package(BANG)
if(NOT BANG_FOUND OR NOT BANG_CNCC_EXECUTABLE)
  message(FATAL_ERROR "no BANG")
endif()
include_directories("$ENV{NEUWARE_HOME}/include" "${CMAKE_CURRENT_SOURCE_DIR}")
link_directories("$ENV{NEUWARE_HOME}/lib64")
add_definitions(-DBIAS=2)
set(BANG_CNCC_FLAGS "${BANG_CNCC_FLAGS} -Wall -Werror -fPIC -std=c++11 -pthread --neuware-path=$ENV{NEUWARE_HOME}")
set(BANG_CNCC_FLAGS "${BANG_CNCC_FLAGS}" "--bang-mlu-arch=mtp_372" "--bang-mlu-arch=mtp_613")
bang_add_library(kernels SHARED k.mlu OPTIONS -O2)
bang_add_executable(linked main.cpp)
target_link_libraries(linked kernels cnrt cndrv cndev)
bang_compile(objects "k.mlu" "inc;inc2")
add_executable(compiled main.cpp ${objects})
target_link_libraries(compiled cnrt)
"""
K_MLU = """
#include <bang.h>
#include "k.h"
__mlu_global__ void k(float *x) {
  __nram__ float a[128];
  __memcpy(a, x, sizeof a, GDRAM2NRAM);
  __bang_add_scalar(a, a, BIAS, 128);
  __memcpy(x, a, sizeof a, NRAM2GDRAM);
}
void launch(float *x, cnrtQueue_t queue) {
  cnrtDim3_t one = {1, 1, 1};
  k<<<one, cnrtFuncTypeBlock, queue>>>(x);
}
"""
MAIN = """
#include <cstdio>
#include "k.h"
int main() {
  float h[128] = {1, 2, 3}, *x;
  cnrtQueue_t queue;
  cnrtQueueCreate(&queue);
  cnrtMalloc((void **)&x, sizeof h);
  cnrtMemcpy(x, h, sizeof h, cnrtMemcpyHostToDev);
  launch(x, queue);
  cnrtQueueSync(queue);
  cnrtMemcpy(h, x, sizeof h, cnrtMemcpyDevToHost);
  printf("%g %g %g\\n", h[0], h[1], h[127]);
}
"""
QUESTIONS = """
#include <bang.h>
#include <cn_api.h>
#include <cndev.h>
#define CNDRV(call) { CNresult status = call; const char *why; cnGetErrorString(status, &why); \\
  if (status) { printf("%s: %s\\n", #call, why); return 1; } }
int main() {
  cndevDDRInfo_t memory;
  printf("%s\\n", cndevGetErrorString(cndevGetDDRInfo(&memory, 0)));
  cndevCheckErrors(cndevInit(0));
  cndevDeviceMaxPerformance_t peak;
  cndevCardClusterCount_t clusters;
  cndevFrequencyInfo_t clock;
  memory.version = peak.version = clusters.version = clock.version = CNDEV_VERSION_5;
  cndevDevice_t device;
  cndevCheckErrors(cndevGetDeviceHandleByIndex(0, &device));
  cndevCheckErrors(cndevGetDDRInfo(&memory, device));
  cndevCheckErrors(cndevGetDeviceMaxPerformance(&peak, device));
  cndevCheckErrors(cndevGetClusterCount(&clusters, device));
  cndevCheckErrors(cndevGetFrequencyInfo(&clock, device));
  printf("%u.%u %d %d %lu %lu\\n", memory.bandWidth, memory.bandWidthDecimal, clusters.count, clock.boardFreq,
         (unsigned long)peak.int8Tensor, (unsigned long)peak.fp32Vector);
  unsigned processes = 0;
  printf("%d %d %d\\n", cndevGetDDRInfo(&memory, 7), cndevGetDDRInfo(nullptr, 0),
         cndevGetProcessInfo(&processes, nullptr, 0));
  CNDRV(cnInit(0));
  CNcontext context;
  CNDRV(cnCtxCreate(&context, 0, 0));
  CNqueue queue;
  CNDRV(cnQueueCreate(&queue, 0));
  CNaddr address;
  CNDRV(cnMalloc(&address, 64));
  unsigned in = 0x01020304, out = 0;
  CNDRV(cnMemsetD8(address, 7, 64));
  CNDRV(cnMemcpyHtoD(address, &in, 2));
  CNDRV(cnQueueSync(queue));
  CNDRV(cnMemcpyDtoH(&out, address, 4));
  printf("%x\\n", out);
  CNDRV(cnFree(address));
  CNDRV(cnQueueDestroy(queue));
  CNDRV(cnMalloc(nullptr, 64));
}
"""


def test_a_cmake_project_finds_bang(tmp_path: Path) -> None:
    here = Folder(tmp_path)
    here.write(k_mlu=K_MLU, main_cpp=MAIN, k_h="#pragma once\n#include <cnrt.h>\nvoid launch(float *x, cnrtQueue_t);\n")
    (tmp_path / "CMakeLists.txt").write_text(LISTS)
    home = here.cncc("--print-neuware-home").stdout.strip()
    environment = {**os.environ, "NEUWARE_HOME": home, "LD_LIBRARY_PATH": f"{home}/lib64"}
    cmake = shutil.which("cmake") or shutil.which("cmake", path=str(Path(sys.executable).parent))
    assert cmake, "the test extra has cmake"

    def run(*command: str | Path) -> str:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(cmake, "-S", ".", "-B", "b")
    run(cmake, "--build", "b")
    assert run("b/linked") == run("b/compiled") == "3 4 2\n"
    (tmp_path / "k.h").touch()
    assert "Building BANG object k.mlu" in run(cmake, "--build", "b")


@pytest.mark.parametrize("arch", ["mtp_270", "mtp_372"])
def test_device_management_and_driver(tmp_path: Path, arch: str) -> None:
    here = Folder(tmp_path)
    here.write(q_mlu=QUESTIONS)
    built = here.cncc("q.mlu", f"--bang-mlu-arch={arch}", "-lcnrt", "-lcndrv", "-lcndev")
    assert built.returncode == 0, built.stderr
    done = subprocess.run(
        [tmp_path / "a.out"], capture_output=True, text=True, env={**os.environ, "MLU_SIM_DEVICE": arch}
    )
    device, keys = devices.load(arch), ("dram_gb_per_s", "clusters", "clock_mhz", "macs_per_cycle_int8")
    vector = {"mtp_270": 32, "mtp_372": 64}[arch]  # operations of floats in a cycle, as the vendor's driver counts
    assert done.stdout.splitlines() == [
        "cndevInit was not called",
        " ".join(str(device[key]) for key in keys) + f" {vector}",
        "6 5 9",
        "7070304",
        "cnMalloc(nullptr, 64): invalid argument",
    ]
    assert done.returncode == 1

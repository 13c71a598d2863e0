"""metabang-cncc on small programs: each prints what it computed, and the test knows the numbers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cncc_programs import HOST, Folder


@pytest.fixture
def here(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


KERNEL = """
#include "bang.h"
#define N 64
__nram__ char pool[2 * N * sizeof(float)];
template <typename T> __mlu_func__ void sum(T *dst, T *a, T *b) { __bang_add(dst, a, b, N); }
__mlu_entry__ void vectorAdd(float *c, float *a, float *b) {
  __nram__ float *x = (float *)pool;
  float *y = x + N;
  __memcpy(x, a + taskId * N, N * sizeof(float), GDRAM2NRAM);
  __memcpy(y, b + taskId * N, N * sizeof(float), GDRAM2NRAM);
  sum(x, x, y);
  __asm__ volatile("sync;\\n\\t");
  __memcpy(c + taskId * N, x, N * sizeof(float), NRAM2GDRAM);
}
"""

HOST_6 = """
#include "cnrt.h"
#include <cstdio>
#include <vector>
int main() {
  CNRT_CHECK(cnrtSetDevice(0));
  cnrtQueue_t queue;
  cnrtNotifier_t begin, end;
  CNRT_CHECK(cnrtQueueCreate(&queue));
  CNRT_CHECK(cnrtNotifierCreate(&begin));
  CNRT_CHECK(cnrtNotifierCreate(&end));
  const int n = 4 * N;
  std::vector<float> a(n, 2), b(n), c(n);
  for (int i = 0; i < n; ++i) b[i] = i;
  float *da, *db, *dc;
  CNRT_CHECK(cnrtMalloc((void **)&da, n * 4));
  CNRT_CHECK(cnrtMalloc((void **)&db, n * 4));
  CNRT_CHECK(cnrtMalloc((void **)&dc, n * 4));
  CNRT_CHECK(cnrtMemcpy(da, a.data(), n * 4, cnrtMemcpyHostToDev));
  CNRT_CHECK(cnrtMemcpyAsync(db, b.data(), n * 4, queue, cnrtMemcpyHostToDev));
  cnrtDim3_t dim = {4, 1, 1};
  CNRT_CHECK(cnrtPlaceNotifier(begin, queue));
  vectorAdd<<<dim, cnrtFuncTypeBlock, queue>>>(dc, da, db);
  CNRT_CHECK(cnrtGetLastError());
  CNRT_CHECK(cnrtPlaceNotifier(end, queue));
  CNRT_CHECK(cnrtQueueSync(queue));
  float us = 0;
  CNRT_CHECK(cnrtNotifierDuration(begin, end, &us));
  CNRT_CHECK(cnrtMemcpy(c.data(), dc, n * 4, cnrtMemcpyDevToHost));
  int wrong = 0;
  for (int i = 0; i < n; ++i) wrong += c[i] != 2 + i;
  printf("%d wrong, %s\\n", wrong, us > 0 ? "timed" : "no time");
}
"""


def test_one_file_with_the_current_api(here: Folder) -> None:
    here.write(add_mlu=KERNEL + HOST_6)
    assert here.run("add.mlu", "--bang-mlu-arch=mtp_270", "-O3", "-lcnrt") == "0 wrong, timed\n"


HOST_4 = """
#include "cnrt.h"
#include <stdio.h>
extern "C" { void vectorAdd(float *, float *, float *); }
int main() {
  float a[256], b[256], c[256];
  for (int i = 0; i < 256; ++i) { a[i] = 2; b[i] = i; }
  cnrtInit(0);
  cnrtDev_t dev;
  CNRT_CHECK(cnrtGetDeviceHandle(&dev, 0));
  CNRT_CHECK(cnrtSetCurrentDevice(dev));
  cnrtQueue_t queue;
  CNRT_CHECK(cnrtCreateQueue(&queue));
  cnrtNotifier_t begin, end;
  cnrtCreateNotifier(&begin);
  cnrtCreateNotifier(&end);
  float *da, *db, *dc;
  CNRT_CHECK(cnrtMalloc((void **)&da, sizeof a));
  CNRT_CHECK(cnrtMalloc((void **)&db, sizeof a));
  CNRT_CHECK(cnrtMalloc((void **)&dc, sizeof a));
  CNRT_CHECK(cnrtMemcpy(da, a, sizeof a, CNRT_MEM_TRANS_DIR_HOST2DEV));
  CNRT_CHECK(cnrtMemcpy(db, b, sizeof a, CNRT_MEM_TRANS_DIR_HOST2DEV));
  cnrtKernelParamsBuffer_t params;
  CNRT_CHECK(cnrtGetKernelParamsBuffer(&params));
  CNRT_CHECK(cnrtKernelParamsBufferAddParam(params, &dc, sizeof(float *)));
  CNRT_CHECK(cnrtKernelParamsBufferAddParam(params, &da, sizeof(float *)));
  CNRT_CHECK(cnrtKernelParamsBufferAddParam(params, &db, sizeof(float *)));
  cnrtDim3_t dim;
  dim.x = 4; dim.y = 1; dim.z = 1;
  CNRT_CHECK(cnrtPlaceNotifier(begin, queue));
  CNRT_CHECK(cnrtInvokeKernel_V2((void *)&vectorAdd, dim, params, CNRT_FUNC_TYPE_BLOCK, queue));
  CNRT_CHECK(cnrtPlaceNotifier(end, queue));
  CNRT_CHECK(cnrtSyncQueue(queue));
  float us;
  CNRT_CHECK(cnrtNotifierDuration(begin, end, &us));
  CNRT_CHECK(cnrtMemcpy(c, dc, sizeof a, CNRT_MEM_TRANS_DIR_DEV2HOST));
  CNRT_CHECK(cnrtDestroyKernelParamsBuffer(params));
  cnrtDestroyNotifier(&begin);
  cnrtDestroyNotifier(&end);
  CNRT_CHECK(cnrtFree(da));
  CNRT_CHECK(cnrtDestroyQueue(queue));
  cnrtDestroy();
  int wrong = 0;
  for (int i = 0; i < 256; ++i) wrong += c[i] != 2 + i;
  printf("%d wrong\\n", wrong);
}
"""


def test_two_files_with_the_api_of_mlu270(here: Folder) -> None:
    """The host knows the kernel by its C name, as cncc 2.x gives it; objects are linked in a second step."""
    here.write(kernel_mlu=KERNEL, host_cpp=HOST_4)
    assert here.cncc("-c", "kernel.mlu", "-o", "kernel.o", "--bang-mlu-arch=MLU270").returncode == 0
    assert here.run("host.cpp", "kernel.o", "-o", "add", "-lcnrt", program="add") == "0 wrong\n"


def test_names_of_kernels(here: Folder) -> None:
    """Explicit, partly explicit and deduced template arguments, defaults, overloads, namespaces, pointers, macros and
    a launch in a header: each names one kernel, and arguments convert to its parameters."""
    here.write(
        launch_h="""
#define RUN(KERNEL, ...) do { if (queue) KERNEL<<<two, cnrtFuncTypeBlock, queue>>>(__VA_ARGS__); } while (0)
template <typename T> __mlu_global__ void fromHeader(T *y) { y[taskId] = 10 + taskId; }
inline void launchFromHeader(float *y, cnrtQueue_t queue) { fromHeader<<<{2, 1, 1}, cnrtFuncTypeBlock, queue>>>(y); }
""",
        names_mlu=HOST
        + """
#include "launch.h"
namespace space {
template <typename T, int K = 3> __mlu_entry__ void templ(T *y, double n) { y[taskId] = T(n + K); }
__mlu_global__ void defaults(float *y, int n = 7, float *unused = nullptr) { y[taskId] = n; }
}
__mlu_global__ void over(float *y) { y[taskId] = 1; }
__mlu_global__ void over(float *y, int n) { y[taskId] = n; }
template <typename T> struct Traits { static void (*kernel())(T *, double) { return space::templ<T, 30>; } };
int calls = 0;
int count() { return ++calls; }
int main() {
  open();
  space::templ<float><<<two, cnrtFuncTypeBlock, queue>>>(out, 1); show(2);
  space::templ<float, 40><<<two, cnrtFuncTypeBlock, queue>>>(out, 1); show(2);
  space::templ<<<two, cnrtFuncTypeBlock, queue>>>(out, 2.5); show(2);
  space::defaults<<<two, cnrtFuncTypeBlock, queue>>>(out); show(2);
  space::defaults<<<two, cnrtFuncTypeBlock, queue>>>(out, count(), NULL); show(2);
  over<<<two, cnrtFuncTypeBlock, queue>>>(out); show(2);
  over<<<two, cnrtFuncTypeBlock, queue>>>(out, 5); show(2);
  Traits<float>::kernel()<<<two, cnrtFuncTypeBlock, queue>>>(out, 1); show(2);
  void (*pointer)(float *) = over;
  pointer<<<two, cnrtFuncTypeBlock, queue>>>(out); show(2);
  RUN(space::templ<float>, out, 5); show(2);
  launchFromHeader(out, queue); show(2);
  void *args[] = {&out};
  CNRT_CHECK(cnrtInvokeKernel((const void *)pointer, two, cnrtFuncTypeBlock, args, 0, queue)); show(2);
  printf("%d\\n", calls);
}
""",
    )
    numbers = [4, 41, 5.5, 7, 1, 1, 5, 31, 1, 8]
    expected = "".join(f"{n:g} {n:g}\n" for n in numbers) + "10 11\n1 1\n1\n"
    assert here.run("names.mlu", MLU_SIM_THREADS="1") == expected


def test_variables_of_every_space(here: Folder) -> None:
    here.write(
        spaces_mlu=HOST
        + """
extern __nram__ float pool[64];
__nram__ float pool[64];
__nram__ int table[64] = {5, 6};
static __wram__ float filters[64 * 64];
__mlu_device__ float gain[4] = {1, 2, 3, 4};
__mlu_const__ int shift[] = {10, 20};
struct Range { float *y; int n; };
__mlu_func__ inline int factorial(int n) { return n < 2 ? 1 : n * factorial(n - 1); }
static __mlu_func__ float first(__nram__ float *x) { return *x; }
__mlu_global__ void all(Range r, half h) {
  __nram__ int local[4] = {1, 2};
  __nram__ int counter = taskId + 1;
  const __nram__ float ones[2] = {1, 1};
  __ldram__ char big[4096];
  __nram__ float *p = pool;
  auto next = [=] __mlu_func__(int v) { return v + counter; };
  p[0] = 0.5f;
  big[9] = 3;
  float *y = r.y + 8 * taskId;
  y[0] = local[0]++ + table[1]++;  // both are new in every task
  y[1] = counter++;
  y[2] = gain[3] + shift[1];
  y[3] = factorial(5);
  y[4] = next(1);
  y[5] = h + first(p);
  y[6] = ones[1] + big[9] + (__is_nram(p) ? 1 : 0);
  __memcpy(filters, r.y + 128, 256, GDRAM2WRAM);
  y[7] = r.n;
}
int main() {
  open();
  float four = 40;
  CNRT_CHECK(cnrtMemcpyToSymbol(gain, &four, sizeof four, 3 * sizeof(float)));
  for (int i = 0; i < 2; ++i) { all<<<two, cnrtFuncTypeBlock, queue>>>(Range{out, 9}, half(1.5f)); show(16); }
}
""",
    )
    tasks = "7 1 60 120 3 2 5 9 7 2 60 120 4 2 5 9\n"
    assert here.run("spaces.mlu", "-g", MLU_SIM_THREADS="1") == 2 * tasks


def test_each_file_is_a_program_of_its_own(here: Folder) -> None:
    """Two files with functions, templates and NRAM of the same names: nothing of one is seen by the other."""
    kernel = """
#include <bang.h>
#include <cnrt.h>
__nram__ char pool[300 * 1024];
__mlu_func__ float value() { return VALUE; }
template <typename T> __mlu_func__ T twice(T v) { return VALUE * v; }
template <typename T> __mlu_global__ void kernel(T *y) { y[taskId] = twice(value()); }
void NAME(float *y, cnrtQueue_t queue) { kernel<float><<<{2, 1, 1}, cnrtFuncTypeBlock, queue>>>(y); }
"""
    main = (
        HOST
        + """
void a(float *, cnrtQueue_t); void b(float *, cnrtQueue_t);
int main() { open(); a(out, queue); show(2); b(out, queue); show(2); }
"""
    )
    here.write(
        a_mlu="#define NAME a\n#define VALUE 2\n" + kernel,
        b_mlu="#define NAME b\n#define VALUE 3\n" + kernel,
        main_cpp=main,
    )
    assert here.run("a.mlu", "b.mlu", "-x", "bang", "main.cpp") == "4 4\n9 9\n"


def test_a_program_runs_on_the_device_it_was_compiled_for(here: Folder) -> None:
    here.write(
        device_mlu=HOST
        + """
template <int N> __mlu_global__ void k(float *y) { y[taskId] = N; }
int main() {
  cnrtDeviceProp_t properties;
  cnrtGetDeviceProperties(&properties, 0);
  open(); k<3><<<two, cnrtFuncTypeBlock, queue>>>(out); show(2);
  printf("%d\\n", properties.ISAVersion);
}
"""
    )
    assert here.run("device.mlu", "--bang-mlu-arch=mtp_592", MLU_SIM_DEVICE="") == "3 3\n592\n"


def test_half_literals(here: Folder) -> None:
    here.write(
        half_mlu=HOST + "__mlu_global__ void k(float *y) { y[0] = 0.1; y[1] = 0.1f; y[2] = 0.5; }\n"
        'int main() { open(); k<<<two, cnrtFuncTypeBlock, queue>>>(out); show(3); printf("%g\\n", 0.1); }\n'
    )
    assert here.run("half.mlu") == "0.0999756 0.1 0.5\n0.1\n"
    built = here.cncc("half.mlu")
    assert "half.mlu:" in built.stderr and "0.1 is a half in BANG C" in built.stderr
    assert built.stderr.count("warning") == 1
    later = here.cncc("half.mlu", "--bang-mlu-arch=mtp_372")  # the vendor's kernels for it rely on 1e-8 and M_PI
    assert "half.mlu:" in later.stderr and "here it keeps its value" in later.stderr
    assert here.run("half.mlu", "--bang-mlu-arch=mtp_372") == "0.1 0.1 0.5\n0.1\n"


@pytest.mark.parametrize(
    "line, message",
    [
        ("  float v = x[0] y;", "wrong.mlu:4: error: expected"),
        ("  __bang_teleport(x);", "wrong.mlu:4: error: the simulator has no builtin '__bang_teleport'"),
        ("  \u00a0__bang_teleport(x,\u00a0x);", "wrong.mlu:4: error: the simulator has no builtin '__bang_teleport'"),
        ("} template <int> void f() { __bang_teleport(1);", "wrong.mlu:4: error: the simulator has no builtin"),
        ('  __asm__ volatile("warp.drive;");', "wrong.mlu:4: error: "),
        ("} void f(float *x) { k<<<1, 2; ", "wrong.mlu:4: error: the configuration of a launch is not closed by >>>("),
        ("} void f(float *x) { k<<<{1, 1, 1}, cnrtFuncTypeBlock, nullptr>>>(1.5); ", "wrong.mlu:4: error: "),
    ],
)
def test_errors_name_the_users_line(here: Folder, line: str, message: str) -> None:
    here.write(wrong_mlu=f"#include <bang.h>\n\n__mlu_global__ void k(float *x) {{\n{line}\n}}\n")
    built = here.cncc("-c", "wrong.mlu")
    assert built.returncode == 1
    assert message in built.stderr
    assert "mlu_sim" not in built.stderr and "abi:" not in built.stderr


def test_command_line(here: Folder) -> None:
    here.write(k_mlu="#include <bang.h>\n#if __BANG_ARCH__ != WANTED\n#error arch\n#endif\n", k_c="int c = 1;\n")
    several = ["--bang-mlu-arch=mtp_592", "--bang-mlu-arch=mtp_372"]
    assert here.cncc("-c", "k.mlu", *several, "-DWANTED=592", "-o", "k.o").returncode == 0
    assert here.cncc("-c", "k.mlu", "--bang-arch=compute_30", "-D", "WANTED=372", "-ok.o").returncode == 0
    assert here.cncc("-c", "k.c", "-std=c99", "-fPIC", "--neuware-path=/x", "-mllvm", "-y").stderr == ""
    unknown = here.cncc("-c", "k.c", "--frobnicate")
    assert unknown.returncode == 0 and "warning: unknown option --frobnicate is ignored" in unknown.stderr
    shared = here.cncc("-shared", "-fPIC", "k.mlu", "k.c", "-DWANTED=270", "-o", "libk.so", "-lcnrt", "-lcndrv", "-lm")
    assert shared.returncode == 0 and (here.path / "libk.so").exists()
    for wrong, what in (([], "no input file"), (["no.mlu"], "no.mlu"), (["k.mlu", "--bang-mlu-arch=mtp_1"], "mtp_1")):
        done = here.cncc(*wrong)
        assert done.returncode == 2 and what in done.stderr and "Traceback" not in done.stderr
    assert here.cncc("--version").stdout.startswith("metabang-cncc ")
    assert "--bang-mlu-arch" in here.cncc("--help").stdout


def test_a_makefile_for_neuware(here: Folder) -> None:
    """$NEUWARE_HOME has the compiler, the headers and the libraries; g++ compiles the host and links."""
    here.write(kernel_mlu=KERNEL, host_cpp=HOST_4)
    home = here.cncc("--print-neuware-home").stdout.strip()
    commands = """set -e
$NEUWARE_HOME/bin/cncc -c kernel.mlu -o kernel.o --bang-mlu-arch=mtp_270 -fPIC
g++ -I$NEUWARE_HOME/include host.cpp kernel.o -o program -L$NEUWARE_HOME/lib64 -lcnrt -lcndrv
LD_LIBRARY_PATH=$NEUWARE_HOME/lib64 ./program
"""
    environment = {**os.environ, "NEUWARE_HOME": home}
    done = subprocess.run(["sh", "-c", commands], cwd=here.path, capture_output=True, text=True, env=environment)
    assert done.stdout == "0 wrong\n", done.stderr


def test_kernels_of_another_file(here: Folder) -> None:
    """A header declares a kernel, a template of which the other file has instances, and a function for both sides."""
    here.write(
        k_h="""
__mlu_global__ void plain(float *y, int n);
template <typename T> __mlu_global__ void instance(T *y, int n);
template <typename T> __mlu_global__ void scratching(T *y, int n);
__mlu_host__ __mlu_func__ int both(int n);
""",
        k_mlu="""
#include <bang.h>
#include "k.h"
__mlu_host__ __mlu_func__ int both(int n) { return 2 * n; }
__mlu_global__ void plain(float *y, int n) { y[taskId] = both(n); }
template <typename T> __mlu_global__ void instance(T *y, int n) { y[taskId] = n + 1; }
template __mlu_global__ void instance<float>(float *, int);
__nram__ int scratch[64]; // of this file, whoever launches the instance
template <typename T> __mlu_global__ void scratching(T *y, int n) {
  __bang_write_value(scratch, 64, n + 1);
  y[taskId] = scratch[9];
}
template __mlu_global__ void scratching(float *, int);
int (*keep)(int) = both;
""",
        main_mlu=HOST
        + """
#include "k.h"
int main() {
  open();
  plain<<<two, cnrtFuncTypeBlock, queue>>>(out, 4); show(2);
  instance<float><<<two, cnrtFuncTypeBlock, queue>>>(out, 4); show(2);
  instance<<<two, cnrtFuncTypeBlock, queue>>>(out, 5); show(2);
  scratching<float><<<two, cnrtFuncTypeBlock, queue>>>(out, 6); show(2);
  printf("%d\\n", both(3));
}
""",
    )
    assert here.run("k.mlu", "main.mlu", "--bang-mlu-arch=mtp_372") == "8 8\n5 5\n6 6\n7 7\n6\n"


def test_a_builtin_that_the_device_lacks_is_one_error_also_within_an_expression(here: Folder) -> None:
    kernel = (
        "__mlu_global__ void k(float *x) { __nram__ float a[64]; float s = 1; s += 2 * __bang_sum(a, 64); x[0] = s; }"
    )
    here.write(k_mlu=f"#include <bang.h>\n{kernel}\n")
    built = here.cncc("-c", "k.mlu", "--bang-mlu-arch=mtp_372")
    assert built.returncode != 0 and built.stderr.count("error:") == 1
    assert "__bang_sum does not take these arguments on mtp_372: needs mtp_592 or later" in built.stderr
    assert here.cncc("-c", "k.mlu", "--bang-mlu-arch=mtp_592").returncode == 0


def test_a_function_that_forgets_to_return(here: Folder) -> None:
    """Optimized, its loop would run on; public programs have such functions on both sides."""
    here.write(
        forgets_mlu=HOST
        + """
#define N 64
__mlu_func__ int fill(float *a) { for (int i = 0; i < N; ++i) a[i] = i + 1; }
__mlu_global__ void k(float *y) { __nram__ float a[N]; fill(a); y[taskId] = a[N - 1]; }
int scale(float *a) {
  float sums[N];
  for (int i = 0; i < N; ++i) { sums[i] = 0; for (int j = 0; j < N; ++j) sums[i] += a[i * N + j]; }
  for (int i = 0; i < N; ++i) for (int j = 0; j < N; ++j) a[i * N + j] = a[i * N + j] / sums[i];
}
int main() {
  static float a[N * N + 1];
  for (int i = 0; i <= N * N; ++i) a[i] = 1;
  open(); scale(a); k<<<two, cnrtFuncTypeBlock, queue>>>(out); show(2);
  printf("%g %g\\n", a[N * N - 1], a[N * N]);
}
"""
    )
    for level in ("-O1", "-O3"):
        assert here.run("forgets.mlu", level, "-w") == "64 64\n0.015625 1\n"

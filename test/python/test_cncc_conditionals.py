"""`c ? half : number`: BANG C has a common type, C++ has none for the simulator's class half."""

from __future__ import annotations

from pathlib import Path

import pytest
from cncc_programs import HOST, Folder

from metabang.cncc.conditionals import cast_arms, refused_conditionals

KERNEL = """
#include <bang.h>
#define PICK(c, a, b) ((c) ? (a) : (b))
template <typename A, typename B> struct same { static const bool value = false; };
template <typename A> struct same<A, A> { static const bool value = true; };
template <typename T> __mlu_func__ T larger(T a, T b) {
	return a > b ? a : (b == -INFINITY) ? 0 : b; // a tab before it; T is half and float
}
template <typename T> __mlu_func__ float tiny(T *p, bool c) { return sizeof(T) == 4 ? 2.5f : *((half *)p); }
template <typename T, int N> __mlu_func__ T times(T x) { return x * (T)N; }
__mlu_global__ void conditionals(float *out, int n) {
  half h = 0.1f, g = 3.0f;
  const half k = 1.5f;
  bfloat16_t b = 1.0f;
  size_t large = 70;
  int *null = 0, *p = n > 0 ? &n : 0; // other conditionals on the line stay what they were
  out[0] = n > 0 ? h : 1.0f;                                     // the half as float, not rounded again
  out[1] = n > 0 ? 0.1f : h;                                     // a float is not rounded to half
  out[2] = n < 0 ? 1.0f : n > 100 ? h : n > 0 ? 0.1f : k;        // nested without parentheses
  out[3] = (n > 0 ? 2 : h) * h;                                  // a product of halves, rounded to half
  out[4] = n > 0 ? times<half, 2>(h) : 1.0f, out[5] = p == &n && !null ? 1 : n;
  out[6] = PICK(n > 0, PICK(n > 100, h, 7), 1.0f);
  out[7] = n > 0 ? b : 2.0f;
  out[8] = (n > 0 ? large : g) + (n > 0 ? p : 0)[0];             // 70 + n
  out[9] = larger(h, g) + larger(2.0f, 1.0f) + larger((half)-INFINITY, (half)-INFINITY);
  out[10] = tiny(&h, true) + tiny(out, true);
  out[11] = same<decltype(n ? h : 1.0f), float>::value + 2 * same<decltype(n ? 1 : h), half>::value +
            4 * same<decltype(n ? g : -h), half>::value + 8 * same<decltype(-h), half>::value;
  (n > 0 ? g : h) = 5.0f; // an lvalue
  out[12] = g;
  n > 0 ? (void)(out[13] = 13) : (void)0;
  out[14] = (n > 0 ? h : 0u) * 2u; // an unsigned beside a half
}
"""


def test_conditionals_of_half(tmp_path: Path) -> None:
    here = Folder(tmp_path)
    main = "int main() { open(); cnrtDim3_t one = {1, 1, 1}; conditionals<<<one, cnrtFuncTypeBlock, queue>>>(out, 4); "
    here.write(k_mlu=HOST + KERNEL + main + "show(15); }")
    printed = [float(each) for each in here.run("k.mlu").split()]
    tenth = 0.0999755859375  # 0.1 as half
    expected = [tenth, 0.1, 0.1, 2 * tenth, 2 * tenth, 1, 7, 1, 74, 5, tenth + 2.5, 15, 5, 13, 2 * tenth]
    assert printed == pytest.approx(expected, rel=1e-5)


def test_an_error_of_another_kind_is_told_as_the_compiler_tells_it(tmp_path: Path) -> None:
    here = Folder(tmp_path)
    here.write(
        k_mlu="#include <bang.h>\n__mlu_global__ void k(half *x, int n) {\n  *x = n ? *x : 1.0f;\n  absent = n;\n}"
    )
    built = here.cncc("-c", "k.mlu")
    assert built.returncode != 0
    assert "k.mlu:4: error: 'absent' was not declared" in built.stderr
    assert "k.mlu:3" not in built.stderr and "static_cast" not in built.stderr and "mlu_sim" not in built.stderr


def test_only_the_named_conditional_is_cast_and_lines_stay() -> None:
    text = '# 1 "k.mlu"\nx = a ? b :\n c; y = d ? e : f;\n'
    messages = (
        "k.mlu:2:11: error: operands to '?:' have different types 'const half' and 'float'\n"
        "k.mlu:1:7: error: operands to '?:' have different types 'int*' and 'float'\n"
    )
    cast = cast_arms(text, refused_conditionals(messages))
    assert cast.splitlines()[:2] == ['# 1 "k.mlu"', "x = a ? b :"]
    assert cast.splitlines()[2] == (
        " c; y = d ? static_cast<::mlu_sim::arm<decltype((e)), decltype((f))>>(e) : "
        "static_cast<::mlu_sim::arm<decltype((f)), decltype((e))>>(f);"
    )
    assert cast_arms(cast, {("k.mlu", 2, 11)}) == cast

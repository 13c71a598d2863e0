// BANG C on the host: what cncc's bang.h offers, for the simulator (see docs/simulator.md).
#pragma once
#pragma push_macro("__BANG_ARCH__")
#ifdef __MLU_SIM_HOST_PASS // host code does not see __BANG_ARCH__; these headers do
#define __BANG_ARCH__ __MLU_SIM_HOST_PASS
#endif
#include "mlu_sim/types.h"
#include "mlu_sim/kernel.h"
#include "mlu_sim/generated/all.h"
#include "mlu_sim/scalar.h"
#include "mlu_sim/asm.h"
#ifdef __METABANG_CNCC__
// What cncc makes known without an include, so that code on either side may use it.
#include <algorithm>
#include <cassert>
#include <cfloat>
#include <climits>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <math.h>
namespace std { // which the device's library has and some of the host's lack
using ::ceilf, ::cosf, ::expf, ::fabsf, ::floorf, ::fmaxf, ::fminf, ::log2f, ::logf, ::powf, ::roundf, ::sinf, ::sqrtf;
}
#include "mlu_sim/conditional.h"
#include "mlu_sim/launch.h"
#include "mlu_sim/vv.h"
#endif
#pragma pop_macro("__BANG_ARCH__")

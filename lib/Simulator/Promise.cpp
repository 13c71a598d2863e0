// The documented ranges and errors of the table builtins (Cambricon BANG C 4.7.2, chapters 3.22.1 to 3.22.32, tables
// 3.34 to 3.57). Where the documents give only an average error, it is taken as the bound of every element.
// Range ends that the documents round to three digits are the numbers they stand for, e.g. 0.0000611 is 2^-14.
#include "Promise.h"

#include "mlu_sim/entry.h"

#include <cstring>
#include <limits>

namespace metabang::sim {
namespace {

constexpr double kMax = 0x1.fffffep127, kHalf = 65504, kTwoPi = 6.2831855;
constexpr double kNone = std::numeric_limits<double>::infinity();

// half: up to which operand, by how much, relative?
const Accuracy expHalf[] = {{-5.12, 0.003f, true}, {-0x1p-25, 0.008f, true}, {0, 0, true},     {0.003, 0.003f, true},
                            {9.12, 0.01f, true},   {10.3, 0.011f, true},     {11, 0.05f, true}};
const Accuracy geluHalf[] = {{-2.91, 6.53e-5f, false},  {-1.69, 0.0108f, true},       {-0.627, 0.003f, true},
                             {-0.137, 0.01f, true},     {-0x1p-25, 0.001571f, false}, {0, 0, true},
                             {0.130, 0.001556f, false}, {0.5, 0.01f, true},           {kHalf, 0.003f, true}};
const Accuracy gelupHalf[] = {{-2.68, 1.678e-4f, false}, {-2.10, 0.0108f, true},       {-0.347, 0.003f, true},
                              {-0.154, 0.01f, true},     {-0x1p-25, 0.001221f, false}, {0, 0, true},
                              {0.453, 0.003537f, false}, {1.45, 0.0112f, true},        {kHalf, 0.003f, true}};
const Accuracy loghpHalf[] = {{0.000122, 0.005f, true}, {0.0619, 0.003f, true}, {0.325, 0.01f, true},
                              {2.64, 0.0121f, false},   {8.48, 0.01f, true},    {18000, 0.005f, true},
                              {kHalf, 0.003f, true}};
const Accuracy reciphpHalf[] = {{16, 0.003f, true}, {884, 0.01f, true}, {kHalf, 1.34e-4f, false}};
const Accuracy rsqrthpHalf[] = {{8.05, 0.003f, true}, {6972, 0.01f, true}, {kHalf, 8.65e-4f, false}};
const Accuracy sqrthpHalf[] = {{0.000123, 0.0025235f, false}, {0.000244, 0.01f, true}, {0.0189, 0.003f, true},
                               {0.0501, 0.003406f, false},    {0.0813, 0.01f, true},   {8488, 0.003f, true},
                               {64704, 0.01f, true},          {kHalf, 0.01539f, true}};

/// A promise for every operand of [low, high].
Promise range(double low, double high, float relative, const Accuracy *pieces = nullptr) {
  return {low, high, false, false, false, -kNone, kNone, pieces, relative};
}
Promise withExactEnds(Promise p, double below, double above) {
  p.exactBelow = below;
  p.exactAbove = above;
  return p;
}
Promise integers(double low, double high) {
  Promise p = range(low, high, 0);
  p.integers = true;
  return p;
}
Promise lessThanZero(double low, float relative) {
  Promise p = withExactEnds(range(low, 0, relative), -15.5, kNone);
  p.openHigh = true;
  return p;
}
Promise open(double low, double high, float relative) {
  Promise p = range(low, high, relative);
  p.openLow = p.openHigh = true;
  return p;
}

struct Entry {
  int code;
  Promise half, single;
};

const Entry table[] = {
    {__MLU_ACTIVE_ABS, range(-kHalf, kHalf, 0), range(-kMax, kMax, 0)},
    {__MLU_ACTIVE_RELU, range(-kHalf, kHalf, 0), range(-kMax, kMax, 0)},
    {__MLU_ACTIVE_SIGN, range(-kHalf, kHalf, 0), range(-kMax, kMax, 0)},
    {__MLU_ACTIVE_SIGMOID, withExactEnds(range(-kHalf, kHalf, 0.01f), -7.75, 7.75),
     withExactEnds(range(-kMax, kMax, 0.01f), -7.75, 7.75)},
    {__MLU_ACTIVE_TANH, range(-kHalf, kHalf, 0.01f), range(-kMax, kMax, 0.01f)},
    {__MLU_ACTIVE_GELU, withExactEnds(range(-kHalf, kHalf, 0, geluHalf), -3.875, kNone),
     withExactEnds(range(-kMax, kMax, 0.003f), -3.875, kNone)},
    {__MLU_ACTIVE_GELUP, withExactEnds(range(-kHalf, kHalf, 0, gelupHalf), -3.875, kNone),
     withExactEnds(range(-kMax, kMax, 0.003f), -3.875, kNone)},
    {__MLU_ACTIVE_EXP, withExactEnds(range(-kHalf, 11, 0, expHalf), -7.75, kNone),
     withExactEnds(range(-kMax, 11, 0.01f), -7.75, kNone)},
    {__MLU_ACTIVE_EXPHP, withExactEnds(range(-kHalf, 11, 0, expHalf), -7.75, kNone),
     withExactEnds(range(-kMax, 16, 0.003f), -15.5, kNone)},
    {__MLU_ACTIVE_EXP_LESS_0, lessThanZero(-kHalf, 0.01f), lessThanZero(-kMax, 0.003f)},
    {__MLU_ACTIVE_LOG, range(6.1e-5, 63484, 0.01f), range(6.1e-5, 63484, 0.01f)},
    {__MLU_ACTIVE_LOGHP, range(0x1p-14, kHalf, 0, loghpHalf), range(7.2e-9, 507903, 0.001f)},
    {__MLU_ACTIVE_POW2, integers(-24, 15), integers(-31, 31)},
    {__MLU_ACTIVE_RECIP, range(0x1p-7, 65472, 0.01f), range(0x1p-7, 65472, 0.003f)},
    {__MLU_ACTIVE_RECIP_GREATER_1, range(1, 63487, 0.01f), range(1, 63487, 0.003f)},
    {__MLU_ACTIVE_RECIPHP, range(0x1p-8, kHalf, 0, reciphpHalf), range(2.2205e-16, 2e6, 0.0004f)},
    {__MLU_ACTIVE_SQRT, range(0, 63487, 0.01f), range(0, 63487, 0.01f)},
    {__MLU_ACTIVE_SQRTHP, range(0, kHalf, 0, sqrthpHalf), range(0, 677268, 0.003f)},
    {__MLU_ACTIVE_RSQRT, range(0.005, 63487, 0.01f), range(0.005, 63487, 0.01f)},
    {__MLU_ACTIVE_RSQRTHP, range(0x1.8p-12, kHalf, 0, rsqrthpHalf), range(0.000367, 1e6, 0.0005f)},
    {__MLU_ACTIVE_SIN, range(-kTwoPi, kTwoPi, 0.01f), range(-kTwoPi, kTwoPi, 0.01f)},
    {__MLU_ACTIVE_COS, range(-kTwoPi, kTwoPi, 0.01f), range(-kTwoPi, kTwoPi, 0.01f)},
};

// Outside of (-7.75, 7.75) only tanh is undocumented; the others have constants there, also for Inf and NaN.
Promise beyondEnds(float relative) {
  constexpr double last = 0x1.effffep2; // the float before 7.75
  return withExactEnds(range(-kNone, kNone, relative), -last, last);
}
const Entry taylor3[] = {
    {__MLU_TAYLOR_SIN, beyondEnds(5e-4f), beyondEnds(1e-5f)},
    {__MLU_TAYLOR_COS, beyondEnds(5e-4f), beyondEnds(1e-5f)},
    {__MLU_TAYLOR_TANH, open(-7.75, 7.75, 3e-4f), open(-7.75, 7.75, 1e-5f)},
    {__MLU_TAYLOR_SIGMOID, beyondEnds(3e-4f), beyondEnds(1e-6f)},
    {__MLU_TAYLOR_SOFTPLUS, beyondEnds(3e-4f), beyondEnds(1e-6f)},
};
const Entry taylor4[] = {
    {__MLU_TAYLOR_SIN, beyondEnds(5e-4f), beyondEnds(1e-6f)},
    {__MLU_TAYLOR_COS, beyondEnds(5e-4f), beyondEnds(1e-6f)},
    {__MLU_TAYLOR_TANH, open(-7.75, 7.75, 3e-4f), open(-7.75, 7.75, 1e-6f)},
    {__MLU_TAYLOR_SIGMOID, beyondEnds(3e-4f), beyondEnds(1e-7f)},
    {__MLU_TAYLOR_SOFTPLUS, beyondEnds(3e-4f), beyondEnds(1e-7f)},
};

template <size_t N> const Promise *find(const Entry (&entries)[N], int code, int type) {
  for (const Entry &e : entries)
    if (e.code == code)
      return type == __MLU_F16 ? &e.half : &e.single;
  return nullptr;
}

} // namespace

const Promise *promiseOf(const char *name, int code, int type) {
  if (strncmp(name, "__bang_taylor", 13) != 0)
    return find(table, code, type);
  return name[13] == '3' ? find(taylor3, code, type) : find(taylor4, code, type);
}

} // namespace metabang::sim

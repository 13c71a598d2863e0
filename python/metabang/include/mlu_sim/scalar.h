// The scalar mathematics a kernel may call, declared as the C library does.
#pragma once
extern "C" {
#define __MLU_M1(NAME) float NAME(float) noexcept(true);
__MLU_M1(sinf) __MLU_M1(cosf) __MLU_M1(tanf) __MLU_M1(asinf) __MLU_M1(acosf) __MLU_M1(atanf) __MLU_M1(sinhf)
__MLU_M1(coshf) __MLU_M1(tanhf) __MLU_M1(asinhf) __MLU_M1(acoshf) __MLU_M1(atanhf) __MLU_M1(expf) __MLU_M1(exp2f)
__MLU_M1(expm1f) __MLU_M1(logf) __MLU_M1(log2f) __MLU_M1(log10f) __MLU_M1(log1pf) __MLU_M1(logbf) __MLU_M1(sqrtf)
__MLU_M1(ceilf) __MLU_M1(floorf) __MLU_M1(roundf) __MLU_M1(truncf) __MLU_M1(rintf) __MLU_M1(erff) __MLU_M1(fabsf)
#undef __MLU_M1
float atan2f(float, float) noexcept(true);
float powf(float, float) noexcept(true);
float fmaxf(float, float) noexcept(true);
float fminf(float, float) noexcept(true);
float fmodf(float, float) noexcept(true);
float copysignf(float, float) noexcept(true);
float fmaf(float, float, float) noexcept(true);
float scalbnf(float, int) noexcept(true);
int abs(int) noexcept(true);
}

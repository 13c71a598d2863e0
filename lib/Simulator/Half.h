#ifndef METABANG_SIMULATOR_HALF_H
#define METABANG_SIMULATOR_HALF_H

#include <cstdint>
#include <cstring>

namespace metabang::sim {

inline uint32_t bitsOf(float f) {
  uint32_t u;
  memcpy(&u, &f, 4);
  return u;
}
inline float floatOf(uint32_t u) {
  float f;
  memcpy(&f, &u, 4);
  return f;
}

/// Exact. Without branches, so that loops over it vectorise.
inline float floatFromHalf(uint16_t h) {
  // the exponent of a half, moved to float's place, is 2^-112 too small
  float magnitude = floatOf(uint32_t(h & 0x7fff) << 13) * 0x1p112f;
  uint32_t u = bitsOf(magnitude);
  u |= (h & 0x7c00) == 0x7c00 ? 0x7f800000u : 0u; // Inf and NaN
  return floatOf(u | uint32_t(h & 0x8000) << 16);
}

/// To nearest, ties to even; overflow gives Inf.
inline uint16_t halfFromFloat(float f) {
  uint32_t u = bitsOf(f), sign = u >> 16 & 0x8000, a = u & 0x7fffffff;
  // Denormal results: adding 0.5 puts the last bit of a half at the last bit of the sum.
  uint32_t tiny = bitsOf(floatOf(a) + 0.5f) - 0x3f000000u;
  uint32_t normal = (a + 0xc8000000u + 0xfff + (a >> 13 & 1)) >> 13; // 0xc8000000 is -(112 << 23)
  uint32_t h = a < 0x38800000u ? tiny : normal;
  h = a >= 0x477ff000u ? 0x7c00 : h;
  h = a > 0x7f800000u ? 0x7e00 : h;
  return uint16_t(h | sign);
}

inline float floatFromBf16(uint16_t b) { return floatOf(uint32_t(b) << 16); }

inline uint16_t bf16FromFloat(float f) {
  uint32_t u = bitsOf(f);
  uint32_t rounded = (u + 0x7fff + (u >> 16 & 1)) >> 16;
  return uint16_t((u & 0x7fffffff) > 0x7f800000u ? (u >> 16 | 0x40) : rounded);
}

/// What a TF32 number in a float stands for: the low 13 bits do not count.
inline float tf32Of(float f) { return f != f ? f : floatOf(bitsOf(f) & 0xffffe000u); }

constexpr float kHalfMax = 65504.0f;

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_HALF_H

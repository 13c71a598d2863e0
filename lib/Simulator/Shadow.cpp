#include "Shadow.h"

#include "Loops.h"

#include <algorithm>
#include <cstring>

namespace metabang::sim {

MLU_CLONES static void scanBytes(const uint8_t *f, size_t n, uint8_t &anyOf, uint8_t &allOf) {
  uint8_t any = 0, all = 0xff;
  for (size_t i = 0; i < n; ++i) {
    any |= f[i];
    all &= f[i];
  }
  anyOf = any;
  allOf = all;
}

MLU_CLONES static void updateBytes(uint8_t *f, size_t n, uint8_t keep, uint8_t set) {
  for (size_t i = 0; i < n; ++i)
    f[i] = uint8_t((f[i] & keep) | set);
}

void Shadow::resize(size_t bytes) {
  flags.resize(bytes);
  blocks.resize((bytes + kBlock - 1) / kBlock);
}

void Shadow::clear() { std::fill(blocks.begin(), blocks.end(), uint16_t(0)); }

size_t Shadow::blockEnd(size_t i) const { return std::min((i / kBlock + 1) * kBlock, flags.size()); }

void Shadow::spread(size_t block) {
  if (blocks[block] == kMixed)
    return;
  size_t first = block * kBlock;
  memset(&flags[first], blocks[block], blockEnd(first) - first);
  blocks[block] = kMixed;
}

void Shadow::scan(size_t first, size_t bytes, uint8_t &anyOf, uint8_t &allOf) const {
  uint8_t any = 0, all = 0xff;
  for (size_t i = first, last = first + bytes; i < last;) {
    size_t end = std::min(blockEnd(i), last);
    uint16_t state = blocks[i / kBlock];
    uint8_t blockAny = uint8_t(state), blockAll = uint8_t(state);
    if (state == kMixed)
      scanBytes(&flags[i], end - i, blockAny, blockAll);
    any |= blockAny;
    all &= blockAll;
    i = end;
  }
  anyOf = any;
  allOf = all;
}

void Shadow::update(size_t first, size_t bytes, uint8_t keep, uint8_t set) {
  for (size_t i = first, last = first + bytes; i < last;) {
    size_t block = i / kBlock, end = std::min(blockEnd(i), last);
    uint16_t &state = blocks[block];
    bool whole = i == block * kBlock && end == blockEnd(i);
    uint8_t changed = uint8_t((state & keep) | set);
    if (state != kMixed && (whole || changed == state)) {
      state = changed;
    } else {
      spread(block);
      updateBytes(&flags[i], end - i, keep, set);
      uint8_t any, all;
      if (whole && (scanBytes(&flags[i], end - i, any, all), any == all))
        state = any;
    }
    i = end;
  }
}

uint8_t *Shadow::at(size_t first, size_t bytes) {
  if (bytes)
    for (size_t block = first / kBlock; block <= (first + bytes - 1) / kBlock; ++block)
      spread(block);
  return flags.data() + first;
}

} // namespace metabang::sim

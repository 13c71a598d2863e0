// Inline assembly of MLISA: `__asm__ volatile("sync;\n\t");` is how tool chains before cncc 4.1 spell __sync(). As
// `volatile` is followed by a parenthesis here and nowhere else, a function-like macro leaves qualifiers alone.
#pragma once

namespace mlu_sim {

/// Only "sync" has a meaning on the simulator; other instructions do not compile.
constexpr bool isSync(const char *text) {
  const char *word = "sync";
  while (*word)
    if (*text++ != *word++)
      return false;
  return *text == ';' || *text == '\0';
}

} // namespace mlu_sim

#define __asm__
#define volatile(text)                                                                                                 \
  do {                                                                                                                 \
    static_assert(::mlu_sim::isSync(text), "the simulator knows only the instruction \"sync\" of inline assembly");    \
    __sync();                                                                                                          \
  } while (0)

// Inline assembly of MLISA: `__asm__ volatile("sync;\n\t");` is how tool chains before cncc 4.1 spell __sync().
// As `volatile` is followed by a parenthesis here and nowhere else, a function-like macro leaves qualifiers alone. It
// makes the statement an empty assembly whose operand calls __sync(). Headers of the host that come later are safe:
// they write `__volatile__`.
#pragma once
#include "entry.h"

namespace mlu_sim {

constexpr bool isSync(const char *text) {
  const char *word = "sync";
  while (*word)
    if (*text++ != *word++)
      return false;
  return *text == ';' || *text == '\0';
}

template <bool Known> inline int instruction(__mlu_loc loc) {
  static_assert(Known, "the simulator knows only the instruction \"sync\" of inline assembly");
  __mluSimSync({"sync", loc.file, loc.line}, __MLU_PIPE_ALL);
  return 0;
}

} // namespace mlu_sim

#ifndef __METABANG_CNCC__ // metabang-cncc rewrites the statement
#define volatile(text) ("" : : "r"(::mlu_sim::instruction<::mlu_sim::isSync(text)>(__mlu_here())) : "memory")
#endif

// What the generated declarations of builtins are made of.
#pragma once
#include "entry.h"

#ifndef __BANG_ARCH__
#define __BANG_ARCH__ 0 // not stated: every builtin of every architecture
#endif
#define __MLU_SINCE(arch) (__BANG_ARCH__ == 0 || __BANG_ARCH__ >= arch)

#define __MLU_TEXT_OF(x) #x
#define __MLU_TEXT(x) __MLU_TEXT_OF(x)
#if __BANG_ARCH__ == 0
#define __MLU_ARCH_NAME "any architecture"
#else
#define __MLU_ARCH_NAME "mtp_" __MLU_TEXT(__BANG_ARCH__)
#endif

/// What a call that fits no overload returns: anything, so that one error is told and not a second about its use.
struct __mlu_refused {
  template <typename __T> operator __T() const;
};
#define __MLU_TAKES_REFUSED(O)                                                                                         \
  template <typename __T> __T operator O(__T, __mlu_refused);                                                          \
  template <typename __T> __T operator O(__mlu_refused, __T);                                                          \
  template <typename __T> __T &operator O##=(__T &, __mlu_refused);
__MLU_TAKES_REFUSED(+)
__MLU_TAKES_REFUSED(-)
__MLU_TAKES_REFUSED(*)
__MLU_TAKES_REFUSED(/)
#undef __MLU_TAKES_REFUSED
/// The last resort of overload resolution for a name: nothing converts worse than to an ellipsis.
#define __MLU_OTHERWISE(NAME, ADVICE)                                                                                  \
  template <int __arch = __BANG_ARCH__> __mlu_refused NAME(...) {                                                        \
    static_assert(__arch < 0, #NAME " does not take these arguments on " __MLU_ARCH_NAME ": " ADVICE);                   \
    return {};                                                                                                         \
  }

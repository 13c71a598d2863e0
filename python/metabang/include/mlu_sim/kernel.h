// MLU_SIM_KERNEL(name): makes a kernel known to the simulator. The build driver writes one such line for each kernel.
#pragma once
#include "types.h"

#ifndef __BANG_ARCH__
#define __BANG_ARCH__ 0 // not stated: the kernel runs on whichever device is current
#endif

enum { __MLU_SIM_ARCH = __BANG_ARCH__ };

struct __mlu_kernel_info {
  const char *name;
  const void *address;                             // what dlsym answers: the handle of cnrtInvokeKernel
  void (*call)(const void *address, void **args);  // unpacks the arguments
  unsigned nparams;
  const unsigned *sizes;                           // bytes of each parameter
  int arch;                                        // the architecture the text was compiled for
  const char *unit;                                // translation unit of metabang-cncc, null for a generated kernel
  const char *signature;                           // "… [with P = {float*, int}]": what __PRETTY_FUNCTION__ says
};
extern "C" {
void __mluSimRegisterKernel(const __mlu_kernel_info *);
void __mluSimUnregisterKernel(const __mlu_kernel_info *);
/// A program of metabang-cncc begins: its reports are printed, and it runs on the device that it was compiled for if none
/// has been chosen.
void __mluSimProgram(int arch);
/// `address` is another name of a kernel that is registered.
void __mluSimAliasKernel(const void *address, const __mlu_kernel_info *);
int __mluSimKnowsKernel(const void *address);
/// Makes a __mlu_device__ or __mlu_const__ variable device memory.
void __mluSimAdoptVariable(const void *address, unsigned long bytes);
}

template <unsigned... I> struct __mlu_indexes {};
template <unsigned N, unsigned... I> struct __mlu_count : __mlu_count<N - 1, N - 1, I...> {};
template <unsigned... I> struct __mlu_count<0, I...> {
  typedef __mlu_indexes<I...> type;
};
template <typename T> struct __mlu_plain {
  typedef T type;
};
template <typename T> struct __mlu_plain<const T> {
  typedef T type;
};

template <typename... P> struct __mlu_kernel {
  typedef void (*Fn)(P...);
  template <unsigned... I> static void unpack(Fn f, void **args, __mlu_indexes<I...>) {
    (void)args;
    f(*(typename __mlu_plain<P>::type *)args[I]...);
  }
  static void call(const void *address, void **args) {
    unpack((Fn)address, args, typename __mlu_count<sizeof...(P)>::type());
  }
  static const unsigned *sizes() {
    static const unsigned s[] = {(unsigned)sizeof(P)..., 0u};
    return s;
  }
  static const char *signature() { return __PRETTY_FUNCTION__; }
  static __mlu_kernel_info info(const char *name, Fn f, const char *unit) {
    return {name, (const void *)f, call, sizeof...(P), sizes(), __BANG_ARCH__, unit, signature()};
  }
};
struct __mlu_registration {
  __mlu_kernel_info info;
  template <typename... P>
  __mlu_registration(const char *name, void (*f)(P...), const char *unit = nullptr, const void *alias = nullptr)
      : info(__mlu_kernel<P...>::info(name, f, unit)) {
    __mluSimRegisterKernel(&info);
    if (alias)
      __mluSimAliasKernel(alias, &info);
  }
  ~__mlu_registration() { __mluSimUnregisterKernel(&info); }
};
#define MLU_SIM_KERNEL(name) static __mlu_registration __mlu_registration_##name(#name, name);

// What metabang-cncc makes of `kernel<<<dim, type, queue>>>(arguments)`.
#pragma once
#include "../cnrt.h"
#include "kernel.h"

namespace mlu_sim {

constexpr bool never = false;

/// A kernel with its configuration: a call launches it. CNRT copies the arguments before it returns.
template <typename... P> struct Launch {
  const void *kernel;
  cnrtDim3_t dim;
  cnrtFunctionType_t type;
  cnrtQueue_t queue;
  void operator()(P... arguments) const {
    void *slots[] = {(void *)&arguments..., nullptr};
    cnrtInvokeKernel(kernel, dim, type, slots, 0, queue); // cnrtGetLastError answers a refusal
  }
};

/// A kernel that its name identifies.
template <typename... P> struct Kernel {
  const void *address;
  Launch<P...> operator()(cnrtDim3_t dim, int type, cnrtQueue_t queue = nullptr) const {
    return {address, dim, (cnrtFunctionType_t)type, queue};
  }
};
template <typename... P> Kernel<P...> kernel(const char *name, const char *unit, void (*f)(P...)) {
  if (!__mluSimKnowsKernel((const void *)f)) // an instance of a template: it lives as long as the program
    __mluSimRegisterKernel(new __mlu_kernel_info(__mlu_kernel<P...>::info(name, f, unit)));
  return {(const void *)f};
}

/// A kernel that its arguments identify: `f` is a generic lambda that calls it.
template <typename F> struct GenericLaunch {
  const char *name, *unit;
  F f;
  cnrtDim3_t dim;
  cnrtFunctionType_t type;
  cnrtQueue_t queue;

  template <typename... A> static void run(F f, A... arguments) { f(arguments...); }
  template <typename... A> void operator()(A... arguments) const {
    void (*call)(F, A...) = run<A...>;
    static const __mlu_kernel_info *info = [&] {
      auto *made = new __mlu_kernel_info(__mlu_kernel<F, A...>::info(name, call, unit));
      __mluSimRegisterKernel(made);
      return made;
    }();
    void *slots[] = {(void *)&f, (void *)&arguments..., nullptr};
    cnrtInvokeKernel(info->address, dim, type, slots, 0, queue);
  }
};
template <typename F> struct GenericKernel {
  const char *name, *unit;
  F f;
  GenericLaunch<F> operator()(cnrtDim3_t dim, int type, cnrtQueue_t queue = nullptr) const {
    return {name, unit, f, dim, (cnrtFunctionType_t)type, queue};
  }
};
template <typename F> GenericKernel<F> kernel_of(const char *name, const char *unit, F f) { return {name, unit, f}; }

} // namespace mlu_sim

#include "CnrtInternal.h"

static thread_local cnrtRet_t lastError = cnrtSuccess;

cnrtRet_t metabang::sim::remember(cnrtRet_t error) {
  if (error != cnrtSuccess)
    lastError = error;
  return error;
}

namespace {
struct Entry {
  cnrtRet_t code;
  const char *name, *text;
};
const Entry entries[] = {
    {cnrtSuccess, "cnrtSuccess", "no error"},
    {cnrtErrorNotReady, "cnrtErrorNotReady", "the work is not finished"},
    {cnrtErrorInit, "cnrtErrorInit", "initialisation failed"},
    {cnrtErrorNoDevice, "cnrtErrorNoDevice", "there is no device"},
    {cnrtErrorDeviceInvalid, "cnrtErrorDeviceInvalid", "there is no device of this number"},
    {cnrtErrorArgsInvalid, "cnrtErrorArgsInvalid", "an argument is invalid"},
    {cnrtErrorSys, "cnrtErrorSys", "the operating system failed"},
    {cnrtErrorSysNoMem, "cnrtErrorSysNoMem", "out of host memory"},
    {cnrtErrorInvalidResourceHandle, "cnrtErrorInvalidResourceHandle", "the queue, notifier or buffer does not exist"},
    {cnrtErrorIllegalState, "cnrtErrorIllegalState", "the resource is not in the right state"},
    {cnrtErrorNotSupport, "cnrtErrorNotSupport", "the simulator does not support this"},
    {cnrtErrorQueue, "cnrtErrorQueue", "the queue failed"},
    {cnrtErrorNoMem, "cnrtErrorNoMem", "out of device memory"},
    {cnrtErrorAssert, "cnrtErrorAssert", "an assertion of the kernel failed"},
    {cnrtErrorKernelTrap, "cnrtErrorKernelTrap",
     "the kernel broke a rule of BANG C; mluSimLastReport() or the error output says which and where"},
    {cnrtErrorNotFound, "cnrtErrorNotFound", "not found"},
    {cnrtErrorInvalidKernel, "cnrtErrorInvalidKernel", "the address is no kernel known to the simulator"},
    {cnrtErrorInvalidSymbol, "cnrtErrorInvalidSymbol", "the address is no __mlu_device__ or __mlu_const__ variable"},
    {cnrtErrorBusy, "cnrtErrorBusy", "the resource is in use"},
    {cnrtErrorUnsupportedKernelVersion, "cnrtErrorUnsupportedKernelVersion",
     "the kernel was compiled for another architecture than the device's"},
    {cnrtErrorNoKernel, "cnrtErrorNoKernel", "the device has no such kernel"},
    {cnrtErrorNoModule, "cnrtErrorNoModule", "the device has no such module"},
    {cnrtErrorMemcpyDirectionInvalid, "cnrtErrorMemcpyDirectionInvalid",
     "the copy direction does not fit the pointers"},
    {cnrtErrorCndrvFuncCall, "cnrtErrorCndrvFuncCall", "the driver failed"},
};
const Entry unknown = {cnrtErrorUnknown, "cnrtErrorUnknown", "unknown error"};
const Entry &find(cnrtRet_t code) {
  for (const Entry &e : entries)
    if (e.code == code)
      return e;
  return unknown;
}
} // namespace

extern "C" {
cnrtRet_t cnrtGetLastError(void) {
  cnrtRet_t error = lastError;
  lastError = cnrtSuccess;
  return error;
}
cnrtRet_t cnrtPeekAtLastError(void) { return lastError; }
const char *cnrtGetErrorName(cnrtRet_t error) { return find(error).name; }
const char *cnrtGetErrorStr(cnrtRet_t error) { return find(error).text; }
}

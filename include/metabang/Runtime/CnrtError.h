//===- CnrtError.h - The one exception of the CNRT wrapper ------*- C++ -*-===//

#ifndef METABANG_RUNTIME_CNRTERROR_H
#define METABANG_RUNTIME_CNRTERROR_H

#include <stdexcept>
#include <string>

namespace metabang::runtime {

/// A call of CNRT (or of the dynamic loader on its behalf) failed.
class CnrtError : public std::runtime_error {
public:
  /// The code of failures of dlopen and dlsym, which have none of CNRT's.
  static constexpr int loaderCode = -1;

  CnrtError(int code, std::string name, std::string call, const std::string &detail)
      : std::runtime_error(call + " failed: " + name + " (" + std::to_string(code) + ")" +
                           (detail.empty() || detail == name ? "" : ": " + detail)),
        errorCode(code), errorName(std::move(name)), callName(std::move(call)) {}

  /// CNRT's code, e.g. 100004, or loaderCode.
  int code() const { return errorCode; }
  /// CNRT's name of the code, e.g. "cnrtErrorNoDevice".
  const std::string &name() const { return errorName; }
  /// The function that failed, as the loaded library spells it.
  const std::string &call() const { return callName; }

private:
  int errorCode;
  std::string errorName, callName;
};

} // namespace metabang::runtime

#endif // METABANG_RUNTIME_CNRTERROR_H

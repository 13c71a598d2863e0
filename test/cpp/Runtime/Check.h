//===- Check.h - The least a test needs -------------------------*- C++ -*-===//

#ifndef METABANG_TEST_CHECK_H
#define METABANG_TEST_CHECK_H

#include <cstdio>
#include <string>

namespace check {
inline int failures = 0;

inline void report(bool ok, const char *file, int line, const std::string &what) {
  if (ok)
    return;
  ++failures;
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
}

template <typename A, typename B>
void equal(const A &a, const B &b, const char *file, int line, const char *expression) {
  report(a == b, file, line, std::string("not equal: ") + expression);
}

/// Runs f; true if it throws E whose message contains `text`.
template <typename E, typename F> bool throws(F f, const std::string &text) {
  try {
    f();
  } catch (const E &error) {
    if (std::string(error.what()).find(text) != std::string::npos)
      return true;
    std::fprintf(stderr, "message was: %s\n", error.what());
  }
  return false;
}
} // namespace check

#define CHECK(condition) check::report((condition), __FILE__, __LINE__, #condition)
#define CHECK_EQ(a, b) check::equal((a), (b), __FILE__, __LINE__, #a ", " #b)
#define CHECK_THROWS(type, text, ...) CHECK((check::throws<type>([&] { __VA_ARGS__; }, text)))

#endif // METABANG_TEST_CHECK_H

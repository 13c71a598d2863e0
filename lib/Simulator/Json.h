#ifndef METABANG_SIMULATOR_JSON_H
#define METABANG_SIMULATOR_JSON_H

#include <cstdio>
#include <string>

namespace metabang::sim {

/// The text as a JSON string.
inline std::string quoted(const std::string &text) {
  std::string out = "\"";
  for (char c : text) {
    char code[8];
    if (static_cast<unsigned char>(c) < 0x20) {
      snprintf(code, sizeof code, "\\u%04x", unsigned(c));
      out += code;
      continue;
    }
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + "\"";
}

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_JSON_H

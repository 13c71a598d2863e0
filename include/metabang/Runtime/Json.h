//===- Json.h - A small strict JSON reader ----------------------*- C++ -*-===//

#ifndef METABANG_RUNTIME_JSON_H
#define METABANG_RUNTIME_JSON_H

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace metabang::runtime {

/// A plan that cannot be read or does not make sense.
class PlanError : public std::invalid_argument {
public:
  using std::invalid_argument::invalid_argument;
};

/// A JSON value. The accessors throw PlanError if it is of another kind.
class Json {
public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;

  /// Parses a whole RFC 8259 document; throws PlanError with line and column.
  static Json parse(std::string_view text);

  Json() = default;
  template <typename T> explicit Json(T value) : value(std::move(value)) {}

  bool asBool() const;
  double asNumber() const;
  /// A number without a fraction.
  int64_t asInt() const;
  const std::string &asString() const;
  const Array &asArray() const;
  const Object &asObject() const;

  /// Member of an object; throws PlanError that names the key if there is none.
  const Json &at(std::string_view key) const;
  /// Member of an object or null.
  const Json *find(std::string_view key) const;
  int64_t intOr(std::string_view key, int64_t otherwise) const;
  std::string stringOr(std::string_view key, std::string otherwise) const;

private:
  std::variant<std::nullptr_t, bool, int64_t, double, std::string, Array, Object> value = nullptr;
};

} // namespace metabang::runtime

#endif // METABANG_RUNTIME_JSON_H

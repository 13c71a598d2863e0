//===- Json.cpp - A small strict JSON reader ------------------------------===//

#include "metabang/Runtime/Json.h"

#include <charconv>
#include <cmath>

using namespace metabang::runtime;

namespace {

class Parser {
public:
  explicit Parser(std::string_view text) : text(text) {}

  Json document() {
    Json result = parseValue(0);
    skipSpace();
    if (position != text.size())
      fail("text after the end of the document");
    return result;
  }

private:
  static constexpr int maxDepth = 100; // no plan nests deeper; keeps the stack bounded

  [[noreturn]] void fail(const std::string &what) const {
    size_t line = 1, column = 1;
    for (size_t i = 0; i < position && i < text.size(); ++i) {
      column = text[i] == '\n' ? 1 : column + 1;
      line += text[i] == '\n';
    }
    throw PlanError("JSON, line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + what);
  }

  void skipSpace() {
    while (position < text.size() && std::string_view(" \t\r\n").find(text[position]) != std::string_view::npos)
      ++position;
  }

  bool accept(char c) {
    skipSpace();
    if (position < text.size() && text[position] == c)
      return ++position, true;
    return false;
  }

  void expect(char c) {
    if (!accept(c))
      fail(std::string("expected '") + c + "'");
  }

  Json parseValue(int depth) {
    if (depth > maxDepth)
      fail("nested too deep");
    skipSpace();
    if (position == text.size())
      fail("the document ends too early");
    switch (text[position]) {
    case '{':
      return parseObject(depth);
    case '[':
      return parseArray(depth);
    case '"':
      return Json(parseString());
    case 't':
      return parseWord("true", Json(true));
    case 'f':
      return parseWord("false", Json(false));
    case 'n':
      return parseWord("null", Json());
    default:
      return parseNumber();
    }
  }

  Json parseWord(std::string_view word, Json result) {
    if (text.substr(position, word.size()) != word)
      fail("unknown word");
    position += word.size();
    return result;
  }

  Json parseObject(int depth) {
    Json::Object members;
    expect('{');
    if (accept('}'))
      return Json(std::move(members));
    do {
      skipSpace();
      std::string key = parseString();
      expect(':');
      if (!members.emplace(key, parseValue(depth + 1)).second)
        fail("key \"" + key + "\" appears twice");
    } while (accept(','));
    expect('}');
    return Json(std::move(members));
  }

  Json parseArray(int depth) {
    Json::Array elements;
    expect('[');
    if (accept(']'))
      return Json(std::move(elements));
    do
      elements.push_back(parseValue(depth + 1));
    while (accept(','));
    expect(']');
    return Json(std::move(elements));
  }

  Json parseNumber() {
    size_t start = position, digits = position + (peek() == '-');
    while (position < text.size() && std::string_view("+-.eE0123456789").find(text[position]) != std::string_view::npos)
      ++position;
    std::string_view token = text.substr(start, position - start);
    std::string_view body = token.substr(digits - start);
    bool leadingZero = body.size() > 1 && body[0] == '0' && body[1] >= '0' && body[1] <= '9';
    if (body.empty() || body[0] < '0' || body[0] > '9' || leadingZero || token.back() == '.') {
      position = start;
      fail("not a JSON value");
    }
    int64_t integer;
    auto [end, error] = std::from_chars(token.begin(), token.end(), integer);
    if (error == std::errc() && end == token.end())
      return Json(integer);
    double real;
    auto [realEnd, realError] = std::from_chars(token.begin(), token.end(), real);
    if (realError != std::errc() || realEnd != token.end())
      fail("not a JSON number");
    return Json(real);
  }

  char peek() const { return position < text.size() ? text[position] : '\0'; }

  unsigned parseHex4() {
    unsigned code = 0;
    std::string_view hex = text.substr(position, 4);
    auto [end, error] = std::from_chars(hex.begin(), hex.end(), code, 16);
    if (hex.size() != 4 || error != std::errc() || end != hex.end())
      fail("\\u takes four hexadecimal digits");
    position += 4;
    return code;
  }

  void appendEscape(std::string &out) {
    char c = peek();
    ++position;
    static constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
    if (size_t at = from.find(c); c && at != std::string_view::npos) {
      out += to[at];
      return;
    }
    if (c != 'u')
      fail("unknown escape");
    unsigned code = parseHex4();
    if (code >= 0xD800 && code < 0xDC00) { // the first half of a surrogate pair
      if (text.substr(position, 2) != "\\u")
        fail("half a surrogate pair");
      position += 2;
      unsigned low = parseHex4();
      if (low < 0xDC00 || low > 0xDFFF)
        fail("half a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
      fail("half a surrogate pair");
    }
    appendUtf8(out, code);
  }

  static void appendUtf8(std::string &out, unsigned code) {
    int extra = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static constexpr unsigned char lead[] = {0x00, 0xC0, 0xE0, 0xF0};
    out += static_cast<char>(lead[extra] | (code >> (6 * extra)));
    for (int i = extra - 1; i >= 0; --i)
      out += static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3F));
  }

  std::string parseString() {
    if (peek() != '"')
      fail("expected a string");
    ++position;
    std::string out;
    while (true) {
      if (position == text.size())
        fail("the string does not end");
      char c = text[position];
      if (static_cast<unsigned char>(c) < 0x20)
        fail("control character in a string");
      ++position;
      if (c == '"')
        return out;
      if (c == '\\')
        appendEscape(out);
      else
        out += c;
    }
  }

  std::string_view text;
  size_t position = 0;
};

template <typename T, typename Variant> const T &get(const Variant &value, const char *kind) {
  if (const T *held = std::get_if<T>(&value))
    return *held;
  throw PlanError(std::string("plan: expected ") + kind);
}

} // namespace

Json Json::parse(std::string_view text) { return Parser(text).document(); }

bool Json::asBool() const { return get<bool>(value, "true or false"); }
int64_t Json::asInt() const { return get<int64_t>(value, "an integer"); }
const std::string &Json::asString() const { return get<std::string>(value, "a string"); }
const Json::Array &Json::asArray() const { return get<Array>(value, "an array"); }
const Json::Object &Json::asObject() const { return get<Object>(value, "an object"); }

double Json::asNumber() const {
  if (const int64_t *integer = std::get_if<int64_t>(&value))
    return static_cast<double>(*integer);
  return get<double>(value, "a number");
}

const Json *Json::find(std::string_view key) const {
  const Object &members = asObject();
  auto it = members.find(key);
  return it == members.end() ? nullptr : &it->second;
}

const Json &Json::at(std::string_view key) const {
  if (const Json *member = find(key))
    return *member;
  throw PlanError("plan: key \"" + std::string(key) + "\" is missing");
}

int64_t Json::intOr(std::string_view key, int64_t otherwise) const {
  const Json *member = find(key);
  return member ? member->asInt() : otherwise;
}

std::string Json::stringOr(std::string_view key, std::string otherwise) const {
  const Json *member = find(key);
  return member ? member->asString() : otherwise;
}

#include "metabang/Graph/Affine.h"
#include "metabang/Graph/Error.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace metabang::graph {
namespace {

class Parser {
public:
  Parser(std::string_view text, unsigned numDims, unsigned numSymbols)
      : text(text), numDims(numDims), numSymbols(numSymbols) {}

  Affine expression() {
    if (++depth > 200)
      fail("is nested too deeply");
    Affine e = term();
    for (;;) {
      if (accept("+"))
        e = e + term();
      else if (accept("-"))
        e = e - term();
      else
        break;
    }
    --depth;
    return e;
  }

  std::string comparison() {
    for (const char *op : {">=", "<=", "==", "!=", ">", "<"})
      if (accept(op))
        return op;
    fail("needs one comparison: < <= > >= == or !=");
  }

  void end() {
    skipSpace();
    if (at != text.size())
      fail("has an unexpected '" + std::string(1, text[at]) + "'");
  }

  [[noreturn]] void fail(const std::string &what) const {
    std::string shown(text.substr(0, 80));
    throw GraphError(ErrorKind::IndexExpr, "index expression '" + shown + (text.size() > 80 ? "…" : "") + "' " + what);
  }

private:
  Affine term() {
    Affine e = factor();
    for (;;) {
      if (accept("floordiv") || accept("//"))
        e = floorDiv(e, factor());
      else if (accept("ceildiv"))
        e = ceilDiv(e, factor());
      else if (accept("mod") || accept("%"))
        e = mod(e, factor());
      else if (accept("*"))
        e = e * factor();
      else if (peek() == '/')
        fail("uses '/'; write '//' for the floor division");
      else
        return e;
    }
  }

  Affine factor() {
    if (accept("-")) {
      if (++depth > 200)
        fail("is nested too deeply");
      Affine e = factor() * affineConstant(-1);
      --depth;
      return e;
    }
    if (accept("(")) {
      Affine e = expression();
      if (!accept(")"))
        fail("misses a ')'");
      return e;
    }
    char c = peek();
    if (std::isdigit(static_cast<unsigned char>(c)))
      return affineConstant(number());
    if (c != 'i' && c != 'd' && c != 's')
      fail(at == text.size() ? "ends too early"
                             : "has an unexpected '" + std::string(1, c) + "'; indices are i0, i1, …");
    ++at;
    if (at == text.size() || !std::isdigit(static_cast<unsigned char>(text[at])))
      fail("has a name that is no index; indices are i0, i1, … and extras s0, s1, …");
    int64_t n = number();
    unsigned count = c == 's' ? numSymbols : numDims;
    if (n >= count)
      fail(std::string("uses ") + (c == 's' ? 's' : 'i') + std::to_string(n) + ", but there are " +
           std::to_string(count) + (c == 's' ? " extras" : " result dimensions"));
    return c == 's' ? affineSymbol(n) : affineDim(n);
  }

  int64_t number() {
    size_t begin = at;
    while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])))
      ++at;
    if (at - begin > 15)
      fail("has a number that is too large");
    return std::strtoll(std::string(text.substr(begin, at - begin)).c_str(), nullptr, 10);
  }

  void skipSpace() {
    while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])))
      ++at;
  }
  char peek() {
    skipSpace();
    return at < text.size() ? text[at] : '\0';
  }
  bool accept(std::string_view token) {
    skipSpace();
    if (text.compare(at, token.size(), token) != 0)
      return false;
    at += token.size();
    return true;
  }

  std::string_view text;
  unsigned numDims, numSymbols;
  size_t at = 0;
  int depth = 0;
};

} // namespace

Affine parseAffine(std::string_view text, unsigned numDims, unsigned numSymbols) {
  Parser parser(text, numDims, numSymbols);
  Affine e = parser.expression();
  parser.end();
  return e;
}

Constraint parseOverflowCondition(std::string_view text, unsigned numSymbols, const Shape &shape) {
  Parser parser(text, static_cast<unsigned>(shape.size()), numSymbols);
  Affine a = parser.expression();
  std::string op = parser.comparison();
  Affine b = parser.expression();
  parser.end();
  Affine one = affineConstant(1);
  // What must hold where the element does not overflow is the negation.
  if (op == "<")
    return {a - b, false};
  if (op == "<=")
    return {a - b - one, false};
  if (op == ">")
    return {b - a, false};
  if (op == ">=")
    return {b - a - one, false};
  if (op == "!=")
    return {a - b, true};
  // a != b is no affine constraint, but over bounded indices (a - b) mod m >= 1 says it, m beyond |a - b|.
  auto range = bounds(a - b, shape);
  if (!range)
    parser.fail("compares an extra with ==; use a select on the result instead");
  int64_t m = std::max(std::abs(range->low), std::abs(range->high)) + 1;
  return {mod(a - b, affineConstant(m)) - one, false};
}

} // namespace metabang::graph

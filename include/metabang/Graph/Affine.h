// Index expressions: what a reindex writes in its map. Printed in MLIR's affine syntax.
#ifndef METABANG_GRAPH_AFFINE_H
#define METABANG_GRAPH_AFFINE_H

#include "metabang/Graph/Types.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metabang::graph {

class AffineExpr;
using Affine = std::shared_ptr<const AffineExpr>;

// An immutable tree; the right operand of Mul, FloorDiv, CeilDiv and Mod is a constant.
class AffineExpr {
public:
  enum class Kind : uint8_t { Constant, Dim, Symbol, Add, Mul, FloorDiv, CeilDiv, Mod };
  Kind kind;
  int64_t value = 0; // the constant, or the number of the dim or symbol
  Affine lhs, rhs;
};

Affine affineConstant(int64_t value);
Affine affineDim(int64_t number);
Affine affineSymbol(int64_t number);
// Fold constants and units (x+0, x*1, x floordiv 1, x mod 1); throw GraphError for a product of two variables,
// or a divisor that is not a positive constant.
Affine operator+(const Affine &a, const Affine &b);
Affine operator-(const Affine &a, const Affine &b);
Affine operator*(const Affine &a, const Affine &b);
Affine floorDiv(const Affine &a, const Affine &b);
Affine ceilDiv(const Affine &a, const Affine &b);
Affine mod(const Affine &a, const Affine &b);

// Inclusive bounds of an expression over 0 <= dim k < shape[k]; none if a symbol occurs.
struct Interval {
  int64_t low, high;
};
std::optional<Interval> bounds(const Affine &expr, const Shape &shape);
// Throws GraphError unless the expression and its parts, where extras leave them bounded, stay within 32 bits over
// indices of `shape`: kernels compute indices in `int`.
void requireRange(const Affine &expr, const Shape &shape);

// constant + sum(dims[k] * dk) + sum(symbols[k] * sk); none if a floordiv, ceildiv or mod occurs.
struct LinearForm {
  int64_t constant = 0;
  std::vector<int64_t> dims, symbols;
};
std::optional<LinearForm> linearForm(const Affine &expr, unsigned numDims, unsigned numSymbols);

enum class AffineStyle { MLIR, Python }; // Python: i0, s0, //, %
std::string print(const Affine &expr, AffineStyle style = AffineStyle::MLIR);

// expr >= 0, or expr == 0.
struct Constraint {
  Affine expr;
  bool isEquality = false;
};

// The map of a reindex with the constraints under which it reads (elsewhere: overflow).
struct IndexMap {
  unsigned numDims = 0, numSymbols = 0;
  std::vector<Affine> results;
  std::vector<Constraint> constraints;

  std::string mlirMap() const; // affine_map<(d0, d1)[s0] -> (d0, s0)>
  std::string mlirSet() const; // affine_set<(d0, d1)[s0] : (d0 - 1 >= 0)>
  uint64_t hash = 0;           // set by share
};
using IndexMapPtr = std::shared_ptr<const IndexMap>;
// Nodes share maps; the hash is computed here, once.
IndexMapPtr share(IndexMap map);

// Parses `i0*2-1+i3`: indices i0… (or d0…), extras s0…, integers, + - * // floordiv ceildiv % mod, parentheses.
Affine parseAffine(std::string_view text, unsigned numDims, unsigned numSymbols);
// Parses `i3 >= 5`, the condition under which an element overflows, and gives the constraint that must hold elsewhere.
// `shape` bounds the indices: the negation of == needs it.
Constraint parseOverflowCondition(std::string_view text, unsigned numSymbols, const Shape &shape);
// The map of a row-major reshape: the result's index is linearised with the result's strides, then delinearised
// over the operand: (linear floordiv stride_k) mod size_k, without the mod on the leading dimension.
// Maps that were asked for lately are kept: a program that is built again asks for the same ones.
IndexMapPtr reshapeMap(const Shape &from, const Shape &to);

} // namespace metabang::graph

#endif // METABANG_GRAPH_AFFINE_H

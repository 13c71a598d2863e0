// Element types of the graph: names, sizes, promotion.
#ifndef METABANG_GRAPH_TYPES_H
#define METABANG_GRAPH_TYPES_H

#include "metabang/Graph/SmallVector.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace metabang::graph {

using Shape = SmallVector<int64_t, 6>;

enum class DType : uint8_t { Bool, I8, I16, I32, I64, U8, U16, U32, U64, F16, BF16, F32, F64 };

inline constexpr unsigned numDTypes = 13;

inline bool isFloat(DType t) { return t >= DType::F16; }
inline bool isUnsigned(DType t) { return t >= DType::U8 && t <= DType::U64; }
inline bool isInteger(DType t) { return t >= DType::I8 && t <= DType::U64; }

// NumPy's name: "float32". bfloat16 is called "bfloat16".
const char *name(DType type);
// MLIR's spelling: "f32", "ui8".
const char *mlirName(DType type);
// Bytes of one element (bool: 1).
unsigned byteWidth(DType type);
// Parses NumPy's name; throws GraphError (kind dtype) otherwise.
DType parseDType(std::string_view text);

// The type both operands of an arithmetic operator are cast to. A float wins over an integer whatever its width
// (as PyTorch does: an accelerator must not fall into float64 because of an index); within one class the wider wins;
// float16 with bfloat16 gives float32. uint64 with a signed type has no common type: GraphError.
DType promote(DType a, DType b);

// A literal: exact 64 bits for integers (two's complement), double for floats.
struct Scalar {
  bool isFloat = false;
  bool isBig = false; // i holds the bits of an integer of 2^63 or more
  double f = 0.0;
  int64_t i = 0;

  static Scalar ofInt(int64_t value) { return {false, false, 0.0, value}; }
  static Scalar ofUnsigned(uint64_t value) { return {false, value >> 63 != 0, 0.0, static_cast<int64_t>(value)}; }
  static Scalar ofFloat(double value) { return {true, false, value, 0}; }
  double asDouble(DType type) const;
  // The same value as a literal of `type`; throws GraphError where it does not fit an integer type.
  Scalar to(DType type) const;
  uint64_t bits() const;
};

// The literal as MLIR text without its type: `2.000000000e+00`, `0x7FC00000`, `true`, `-3`.
std::string mlirLiteral(const Scalar &value, DType type);
// `tensor<1x3xf32>`.
std::string mlirTensor(const Shape &shape, DType type);
// `(1, 3)`, as Python prints a shape.
std::string toString(const Shape &shape);
int64_t numElements(const Shape &shape);

} // namespace metabang::graph

#endif // METABANG_GRAPH_TYPES_H

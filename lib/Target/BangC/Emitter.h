//===- Emitter.h - The printer of one kernel ---------------------*- C++ -*-===//
#ifndef METABANG_LIB_TARGET_BANGC_EMITTER_H
#define METABANG_LIB_TARGET_BANGC_EMITTER_H

#include "metabang/Dialect/Bang/IR/BangDialect.h"
#include "metabang/Dialect/Bang/IR/Types.h"
#include "metabang/Dialect/Bang/IR/Views.h"
#include "metabang/Target/BangC/BangC.h"

#include "Names.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/DenseMap.h"

namespace metabang::bangc {

/// Binding strength of C's operators, weakest first.
enum Precedence {
  Conditional,
  LogicalOr,
  LogicalAnd,
  BitOr,
  BitXor,
  BitAnd,
  Equality,
  Relation,
  Shift,
  Sum,
  Product,
  Unary,
  Primary
};

struct Expr {
  std::string text;
  Precedence precedence = Primary;
  bool isAtom = true; // a name or a literal: costs nothing to repeat
  // Of a pointer `base + offset`, so that further offsets and indices join the first.
  std::string base, offset;
  Precedence offsetPrecedence = Primary;
};

/// `expr` fit to stand beside an operator of strength `outer`.
std::string parenthesize(const Expr &expr, Precedence outer);
Expr binary(const Expr &lhs, llvm::StringRef op, const Expr &rhs, Precedence precedence);
Expr literal(mlir::TypedAttr value);

/// The C type of a scalar or of a memref's elements, or "" if BANG C has none.
std::string getCType(mlir::Type type);
/// The C spelling of a type name of the table ("s8" is char).
llvm::StringRef getTableCType(llvm::StringRef name);

/// Checks that every operation can be printed; errors name the operation and the pass that removes it.
llvm::LogicalResult checkPrintable(mlir::func::FuncOp kernel);

/// Whether an operation becomes an expression (it has one result and no effect).
bool isExpression(mlir::Operation *op);

class Emitter {
public:
  Emitter(mlir::func::FuncOp kernel, llvm::raw_ostream &os) : kernel(kernel), os(os), names(kernel) {}
  void printKernel();

private:
  // Expressions.cpp
  Expr expr(mlir::Value value);
  Expr buildExpression(mlir::Operation *op);
  Expr buildArith(mlir::Operation *op);
  Expr buildCompare(mlir::arith::CmpFOp op);
  Expr buildMath(mlir::Operation *op);
  Expr ternary(llvm::StringRef condition, mlir::Value a, mlir::Value b);
  Expr atom(mlir::Value value, llvm::StringRef name);
  Expr convert(llvm::StringRef type, mlir::Value value);
  Expr callF32(llvm::StringRef function, mlir::Operation *op);
  Expr buildPointer(mlir::Operation *op);
  Expr element(mlir::Value memref, mlir::ValueRange indices);
  Expr offsetSum(mlir::MemRefType type, llvm::ArrayRef<mlir::OpFoldResult> indices);
  Expr addOffset(const Expr &base, const Expr &offset);

  // Statements.cpp
  void printBlock(mlir::Block &block);
  void printStatement(mlir::Operation &op);
  void printExpression(mlir::Operation *op);
  unsigned countUses(mlir::Value value);
  void printFor(mlir::scf::ForOp loop);
  void printWhile(mlir::scf::WhileOp loop);
  void printIf(mlir::scf::IfOp branch);
  void assignAll(llvm::ArrayRef<std::string> variables, mlir::ValueRange values);
  void declare(mlir::Value value, llvm::StringRef name, const Expr *init);

  // Calls.cpp
  void printBuiltin(mlir::Operation *op);
  std::string argument(mlir::Operation *op, const bang::ParamInfo &param, llvm::StringRef combination);
  std::string bytes(mlir::Operation *op, mlir::Value value);
  std::string wrapList(llvm::StringRef head, llvm::ArrayRef<std::string> items, llvm::StringRef tail) const;

  void line(const llvm::Twine &text);
  void open(const llvm::Twine &text) {
    line(text);
    indent += 2;
  }
  void close(llvm::StringRef text = "}") {
    indent -= 2;
    line(text);
  }
  void printLocation(mlir::Location loc);

  mlir::func::FuncOp kernel;
  llvm::raw_ostream &os;
  Names names;
  llvm::DenseMap<mlir::Value, Expr> values;
  llvm::DenseMap<mlir::Value, unsigned> shownUses;
  unsigned indent = 0;
  std::string lastLocation;
};

} // namespace metabang::bangc

#endif // METABANG_LIB_TARGET_BANGC_EMITTER_H

#ifndef METABANG_SIMULATOR_PROMISE_H
#define METABANG_SIMULATOR_PROMISE_H

#include <cstddef>

namespace metabang::sim {

/// Up to the operand `high` a result is off by at most `error`, times its magnitude if `relative`.
struct Accuracy {
  double high;
  float error;
  bool relative;
};

/// What the vendor's documents say about a table builtin and an element type.
struct Promise {
  double low, high;              // operands for which a result is documented
  bool openLow, openHigh;        // an end that does not belong to the range
  bool integers;                 // only integers of the range
  double exactBelow, exactAbove; // beyond these operands the result is a documented constant or the operand
  const Accuracy *pieces;        // of ascending `high`; the last one ends at the end of the range
  float relative;                // the error where there are no pieces
};

/// Null if nothing is documented, so that the exact result stays. `name` is the builtin's.
const Promise *promiseOf(const char *name, int code, int type);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_PROMISE_H

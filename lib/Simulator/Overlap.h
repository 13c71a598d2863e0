#ifndef METABANG_SIMULATOR_OVERLAP_H
#define METABANG_SIMULATOR_OVERLAP_H

#include "Op.h"

namespace metabang::sim {

/// A copy inside NRAM streams: segment after segment from the lowest address up, so a byte that was written may not be
/// read later. Fails if operand 0 (the destination) and operand 1 overlap in such a way, or, with `apart`, at all.
void requireStreamable(Op &op, bool apart);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_OVERLAP_H

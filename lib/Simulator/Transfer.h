#ifndef METABANG_SIMULATOR_TRANSFER_H
#define METABANG_SIMULATOR_TRANSFER_H

#include "Op.h"

namespace metabang::sim {

inline bool offChip(Space s) { return s == Space::GDRAM || s == Space::LDRAM; }

/// Records the time of a copy (or a fill, where both are the destination) on the operation's pipe. A 1-D copy is one
/// `stream`, also where the hardware spreads it over the banks of WRAM: DRAM sees one segment.
void recordTransfer(Op &op, const Operand &dst, const Operand &src, bool stream = false);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_TRANSFER_H

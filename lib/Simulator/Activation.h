#ifndef METABANG_SIMULATOR_ACTIVATION_H
#define METABANG_SIMULATOR_ACTIVATION_H

#include "Loops.h"

namespace metabang::sim {

/// The loop of a function of one operand (any __mlu_unary_op on floats), null if there is none.
FloatUnary activation(int op);

/// Fast loops of tanh and ln, null if this processor has none.
FloatUnary tanhByTable();
FloatUnary logByTable();

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_ACTIVATION_H

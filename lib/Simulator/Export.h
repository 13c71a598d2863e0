// Included before every source of the library: its C interfaces are declared with default visibility.
#pragma GCC visibility push(default)
#define __MLU_SIM_LIBRARY 1
#include "cnrt.h"
#include "bang.h"
#include "metabang/Simulator/Simulator.h"
#pragma GCC visibility pop

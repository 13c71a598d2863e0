// Conversions between Python and the graph core, and the user's source line.
#ifndef METABANG_PYTHON_BINDINGS_GRAPHSUPPORT_H
#define METABANG_PYTHON_BINDINGS_GRAPHSUPPORT_H

#include "metabang/Graph/Error.h"
#include "metabang/Graph/Node.h"

#include <nanobind/nanobind.h>

namespace nb = nanobind;

namespace metabang::python {

// The line of the innermost frame outside the package (0 if there is none). Networks under metabang/models count as
// outside: their lines are what a reader of a generated kernel wants, while an error names the line `beyondModels` if
// there is one. A forced location wins.
uint32_t callerLocation(bool beyondModels = false);
// (file, line), or None for the unknown location.
nb::object sourceTuple(uint32_t location);
// A sequence of integers; anything with __index__ is an integer.
graph::Shape toShape(nb::handle sequence);
void requireSizes(const graph::Shape &shape);
// A Python (or NumPy) bool, int or float.
graph::Scalar toScalar(nb::handle value);
std::shared_ptr<void> holdObject(const nb::object &value);
// Exceptions and the functions set_package, force_location, caller, display_path.
void bindSupport(nb::module_ &m);

} // namespace metabang::python

#endif // METABANG_PYTHON_BINDINGS_GRAPHSUPPORT_H

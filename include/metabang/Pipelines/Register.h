#ifndef METABANG_PIPELINES_REGISTER_H
#define METABANG_PIPELINES_REGISTER_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace metabang {

/// Registers MetaBANG's dialects, the upstream dialects that they lower through, and the interface
/// implementations (bufferization, tiling, value bounds) that the passes need.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Registers MetaBANG's passes and pipelines, and the upstream passes that work on the same dialects.
void registerAllPasses();

/// The part of the two functions above that is MetaBANG's own; all that a plugin may register.
void registerOwnDialects(mlir::DialectRegistry &registry);
void registerOwnPasses();

} // namespace metabang

#endif // METABANG_PIPELINES_REGISTER_H

#ifndef METABANG_TOOLS_TOOLS_H
#define METABANG_TOOLS_TOOLS_H

namespace metabang {

/// The command-line tools as functions, so that the Python extension holds them without a second copy of MLIR.
/// Each takes main's arguments and returns the exit status.
int optMain(int argc, char **argv);
int translateMain(int argc, char **argv);
int lspServerMain(int argc, char **argv);

} // namespace metabang

#endif // METABANG_TOOLS_TOOLS_H

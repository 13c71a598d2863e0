#include "metabang/Tools/Tools.h"

int main(int argc, char **argv) { return metabang::lspServerMain(argc, argv); }

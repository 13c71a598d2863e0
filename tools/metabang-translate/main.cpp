#include "metabang/Tools/Tools.h"

int main(int argc, char **argv) { return metabang::translateMain(argc, argv); }

#include "metabang/Tools/Tools.h"

int main(int argc, char **argv) { return metabang::optMain(argc, argv); }

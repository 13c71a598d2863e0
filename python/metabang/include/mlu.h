// The name of bang.h before cncc 3.
#pragma once
#include "bang.h"

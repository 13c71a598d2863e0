// A part of the vendor's bang.h that programs include by name.
#pragma once
#include "bang.h"

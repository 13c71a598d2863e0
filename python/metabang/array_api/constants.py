"""Constants of the array API standard. Dtypes are their names, as everywhere in metabang."""

import math

e = math.e
inf = math.inf
nan = math.nan
newaxis = None
pi = math.pi

bool = "bool"
int8, int16, int32, int64 = "int8", "int16", "int32", "int64"
uint8, uint16, uint32, uint64 = "uint8", "uint16", "uint32", "uint64"
float32 = "float32"
float64 = "float64"  # a name to compare with: tensors of it are refused, no device has it
# Not of the standard, but of the devices.
float16, bfloat16 = "float16", "bfloat16"

"""Constants and dtypes of the array API standard."""

import math

from .dtypes import DType

e = math.e
inf = math.inf
nan = math.nan
newaxis = None
pi = math.pi

bool = DType("bool")
int8, int16, int32, int64 = DType("int8"), DType("int16"), DType("int32"), DType("int64")
uint8, uint16, uint32, uint64 = DType("uint8"), DType("uint16"), DType("uint32"), DType("uint64")
float32 = DType("float32")
float64 = DType("float64")  # to compare with: tensors of it are refused, no device has it
# Not of the standard, but of the devices.
float16, bfloat16 = DType("float16"), DType("bfloat16")

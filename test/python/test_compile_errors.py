"""What a user reads when a stage behind the graph cannot go on."""

import pytest
from programs import needs_compiler

from metabang import _core

pytestmark = needs_compiler

# No builtin and no scalar function of BANG C computes erf.
UNPRINTABLE = """
module {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %y = "meta.unary"(%x) {kind = "neg"} : (tensor<4xf32>) -> tensor<4xf32>
    return %y : tensor<4xf32>
  }
  func.func private @by_hand(%x: memref<4xf32>) attributes {mlu.kernel} {
    %zero = arith.constant 0 : index
    %a = memref.load %x[%zero] : memref<4xf32>
    %b = math.erf %a : f32 loc("net.py":12:1)
    memref.store %b, %x[%zero] : memref<4xf32>
    return
  }
}
"""
# 1.6 MB in NRAM.
TOO_LARGE = """
module {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %y = "meta.unary"(%x) {kind = "neg"} : (tensor<4xf32>) -> tensor<4xf32>
    return %y : tensor<4xf32>
  }
  func.func private @by_hand(%x: memref<400000xf32>) attributes {mlu.kernel} {
    %tile = memref.alloc() : memref<400000xf32, #mlu.space<nram>>
    memref.copy %x, %tile : memref<400000xf32> to memref<400000xf32, #mlu.space<nram>>
    memref.copy %tile, %x : memref<400000xf32, #mlu.space<nram>> to memref<400000xf32>
    return
  } loc("net.py":7:1)
}
"""


@pytest.mark.parametrize(
    ("text", "line", "detail"),
    [
        (UNPRINTABLE, "net.py:12", "stage text: 'math.erf' op"),
        (TOO_LARGE, "net.py:7", "stage mlu: kernel 'by_hand' needs"),
    ],
)
def test_a_gap_of_the_compiler_names_line_and_remedy(text: str, line: str, detail: str) -> None:
    with pytest.raises(Exception, match="MetaBANG cannot compute this on mtp_270 yet; split it") as caught:
        _core.compile(text, "mtp_270", None, {})
    message = str(caught.value)
    assert message.startswith(f"{line}: MetaBANG")
    assert "write it with other operations" in message
    assert detail in message
    assert "\n" not in message

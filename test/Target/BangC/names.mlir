// Whatever tensors are called, arguments are distinct identifiers that hide no function and no word of BANG C.
// RUN: metabang-translate --mlu-to-bangc %s | FileCheck %s

// CHECK: extern "C" __mlu_global__ void k(float *layer1_0_weight, float *layer1_0_weight_2, float *float_2,
// CHECK-NEXT: float *expf_2, float *v2nd, float *bang_add, float *v,
// CHECK-NEXT: float *taskId_2, float *k_2,
// CHECK-NEXT: float *a_name_that_is_far_too_long_to_be_read_a, float *in) {
func.func @k(%a: memref<4xf32> {bang.name = "layer1.0.weight"}, %b: memref<4xf32> {bang.name = "layer1/0/weight"},
             %c: memref<4xf32> {bang.name = "float"}, %d: memref<4xf32> {bang.name = "expf"},
             %e: memref<4xf32> {bang.name = "2nd"}, %f: memref<4xf32> {bang.name = "__bang_add"},
             %g: memref<4xf32> {bang.name = "\C3\A9"}, %h: memref<4xf32> {bang.name = "taskId"},
             %i: memref<4xf32> {bang.name = "k"},
             %j: memref<4xf32> {bang.name = "a name that is far too long to be read and used"}, %n: memref<4xf32>)
    attributes {mlu.kernel} {
  %zero = arith.constant 0 : index
  %v = memref.load %a[%zero] : memref<4xf32>
  memref.store %v, %b[%zero] : memref<4xf32>
  return
}

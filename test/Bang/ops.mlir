// RUN: metabang-opt %s | metabang-opt | FileCheck %s

!f = memref<1024xf32, #mlu.space<nram>>
!s = memref<1024xi16, #mlu.space<nram>>
!w = memref<64x16xi16, #mlu.space<wram>>

// CHECK-LABEL: func.func @builtins
// CHECK: bang.memcpy %{{.*}}, %{{.*}}, %{{.*}} : memref<1024xf32, #mlu.space<nram>>, memref<1024xf32>, index
// CHECK: bang.memcpy_2d_async
// CHECK: bang.sync
// CHECK: bang.cycle_mul
// CHECK: bang.float2int16 %{{.*}} {mode = "rd"} :
// CHECK: bang.fusion %{{.*}} {op_code = "fma"} :
// CHECK: bang.conv
// CHECK: bang.count %{{.*}}, %{{.*}} : (memref<1024xf32, #mlu.space<nram>>, index) -> i32
func.func @builtins(%x: memref<1024xf32>, %a: !f, %b: !f, %c: !f, %q: !s, %w: !w, %n: index, %p: i32, %one: index) {
  bang.memcpy %a, %x, %n : !f, memref<1024xf32>, index
  bang.memcpy_2d_async %x, %a, %n, %n, %n, %n : memref<1024xf32>, !f, index, index, index, index
  bang.sync
  bang.cycle_mul %b, %a, %c, %n, %n : !f, !f, !f, index, index
  bang.float2int16 %q, %b, %n, %p {mode = "rd"} : !s, !f, index, i32
  bang.fusion %b, %a, %a, %c, %n {op_code = "fma"} : !f, !f, !f, !f, index
  bang.conv %b, %q, %w, %n, %one, %one, %one, %one, %one, %one, %n, %p : !f, !s, !w, index, index, index, index, index, index, index, index, i32
  %count = bang.count %b, %n : (!f, index) -> i32
  return
}

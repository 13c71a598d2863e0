// Union jobs: what the memory core leaves out, split barriers, copies between clusters.
// Included by entry.h, before anything that calls an entry point.
#pragma once

extern "C" {
void __mluSimSignal(__mlu_site, bool all_clusters, bool wait, unsigned id, unsigned count);
void __mluSimCopyToCluster(__mlu_site, int dir, bool async, void *dst, const void *src, unsigned long bytes,
                           const __mlu_walk *dst_walk, const __mlu_walk *src_walk, unsigned cluster);
}

// cncc compiles a kernel for the memory core without the builtins that need NRAM or WRAM: kernels that let it run
// along call them unguarded. (The copies and fills of NRAM are left out by the library.)
#ifndef __MLU_SIM_LIBRARY
#define __MLU_ON_IPU(ENTRY, ...) (coreId == 0x80 ? (void)0 : (ENTRY)(__VA_ARGS__))
#define __mluSimUnary(...) __MLU_ON_IPU(__mluSimUnary, __VA_ARGS__)
#define __mluSimBinary(...) __MLU_ON_IPU(__mluSimBinary, __VA_ARGS__)
#define __mluSimScalar(...) __MLU_ON_IPU(__mluSimScalar, __VA_ARGS__)
#define __mluSimCycle(...) __MLU_ON_IPU(__mluSimCycle, __VA_ARGS__)
#define __mluSimBitIndex(...) __MLU_ON_IPU(__mluSimBitIndex, __VA_ARGS__)
#define __mluSimTaylor(...) __MLU_ON_IPU(__mluSimTaylor, __VA_ARGS__)
#define __mluSimSoftDiv(...) __MLU_ON_IPU(__mluSimSoftDiv, __VA_ARGS__)
#define __mluSimFusion(...) __MLU_ON_IPU(__mluSimFusion, __VA_ARGS__)
#define __mluSimConvert(...) __MLU_ON_IPU(__mluSimConvert, __VA_ARGS__)
#define __mluSimReduceSum(...) __MLU_ON_IPU(__mluSimReduceSum, __VA_ARGS__)
#define __mluSimArg(...) __MLU_ON_IPU(__mluSimArg, __VA_ARGS__)
#define __mluSimNanArg(...) __MLU_ON_IPU(__mluSimNanArg, __VA_ARGS__)
#define __mluSimMaskMove(...) __MLU_ON_IPU(__mluSimMaskMove, __VA_ARGS__)
#define __mluSimPool(...) __MLU_ON_IPU(__mluSimPool, __VA_ARGS__)
#define __mluSimPoolIndex(...) __MLU_ON_IPU(__mluSimPoolIndex, __VA_ARGS__)
#define __mluSimPoolBackward(...) __MLU_ON_IPU(__mluSimPoolBackward, __VA_ARGS__)
#define __mluSimConv(...) __MLU_ON_IPU(__mluSimConv, __VA_ARGS__)
#define __mluSimMlp(...) __MLU_ON_IPU(__mluSimMlp, __VA_ARGS__)
#define __mluSimMatmul(...) __MLU_ON_IPU(__mluSimMatmul, __VA_ARGS__)
#define __mluSimLayout(...) __MLU_ON_IPU(__mluSimLayout, __VA_ARGS__)
#define __mluSimPad(...) __MLU_ON_IPU(__mluSimPad, __VA_ARGS__)
#define __mluSimAtomic(...) __MLU_ON_IPU(__mluSimAtomic, __VA_ARGS__)
#endif

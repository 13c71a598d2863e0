// Copies, fills, synchronisation, address predicates.
#pragma once
#include "entry.h"

#define __MLU_COPY(NAME, ASYNC)                                                                                        \
  inline void NAME(void *dst, const void *src, unsigned size, mluMemcpyDirection_t dir, __MLU_LOC) {                   \
    __mluSimCopy(__MLU_SITE(#NAME), dir, ASYNC, false, dst, src, size, nullptr, nullptr);                              \
  }                                                                                                                    \
  inline void NAME(void *dst, const void *src, unsigned size, mluMemcpyDirection_t dir, unsigned dst_stride,           \
                   int src_stride, unsigned segnum, __MLU_LOC) {                                                       \
    __mlu_walk dw = {(long)dst_stride, segnum + 1, 0, 1}, sw = {(long)src_stride, segnum + 1, 0, 1};                   \
    __mluSimCopy(__MLU_SITE(#NAME), dir, ASYNC, false, dst, src, size, &dw, &sw);                                      \
  }                                                                                                                    \
  inline void NAME(void *dst, const void *src, unsigned size, mluMemcpyDirection_t dir, int dst_stride0,               \
                   unsigned dst_segnum1, int dst_stride1, unsigned dst_segnum2, int src_stride0, unsigned src_segnum1, \
                   int src_stride1, unsigned src_segnum2, __MLU_LOC) {                                                 \
    __mlu_walk dw = {dst_stride0, dst_segnum1 + 1, dst_stride1, dst_segnum2 + 1};                                      \
    __mlu_walk sw = {src_stride0, src_segnum1 + 1, src_stride1, src_segnum2 + 1};                                      \
    __mluSimCopy(__MLU_SITE(#NAME), dir, ASYNC, false, dst, src, size, &dw, &sw);                                      \
  }
__MLU_COPY(__memcpy, false)
__MLU_COPY(__memcpy_async, true)
/// SRAM to SRAM of another cluster of the union.
#define __MLU_PUSH(NAME, ASYNC)                                                                                        \
  inline void NAME(void *dst, const void *src, unsigned size, mluMemcpyDirection_t dir, unsigned id_dst_cluster,       \
                   __MLU_LOC) {                                                                                        \
    __mluSimCopyToCluster(__MLU_SITE(#NAME), dir, ASYNC, dst, src, size, nullptr, nullptr, id_dst_cluster);            \
  }                                                                                                                    \
  inline void NAME(void *dst, const void *src, unsigned size, mluMemcpyDirection_t dir, unsigned dst_stride,           \
                   int src_stride, unsigned segnum, unsigned id_dst_cluster, __MLU_LOC) {                              \
    __mlu_walk dw = {(long)dst_stride, segnum + 1, 0, 1}, sw = {(long)src_stride, segnum + 1, 0, 1};                   \
    __mluSimCopyToCluster(__MLU_SITE(#NAME), dir, ASYNC, dst, src, size, &dw, &sw, id_dst_cluster);                    \
  }                                                                                                                    \
  inline void NAME(void *dst, const void *src, unsigned size, mluMemcpyDirection_t dir, int dst_stride0,               \
                   unsigned dst_segnum1, int dst_stride1, unsigned dst_segnum2, int src_stride0, unsigned src_segnum1, \
                   int src_stride1, unsigned src_segnum2, unsigned id_dst_cluster, __MLU_LOC) {                        \
    __mlu_walk dw = {dst_stride0, dst_segnum1 + 1, dst_stride1, dst_segnum2 + 1};                                      \
    __mlu_walk sw = {src_stride0, src_segnum1 + 1, src_stride1, src_segnum2 + 1};                                      \
    __mluSimCopyToCluster(__MLU_SITE(#NAME), dir, ASYNC, dst, src, size, &dw, &sw, id_dst_cluster);                    \
  }
__MLU_PUSH(__memcpy, false)
__MLU_PUSH(__memcpy_async, true)
inline void __bang_move(void *dst, const void *src, unsigned size, __MLU_LOC) {
  __mluSimCopy(__MLU_SITE("__bang_move"), NRAM2NRAM, false, true, dst, src, size, nullptr, nullptr);
}
inline void __bang_move(void *dst, const void *src, unsigned size, unsigned dst_stride, unsigned src_stride,
                        unsigned segnum, __MLU_LOC) {
  __mlu_walk dw = {(long)dst_stride, segnum + 1, 0, 1}, sw = {(long)src_stride, segnum + 1, 0, 1};
  __mluSimCopy(__MLU_SITE("__bang_move"), NRAM2NRAM, false, true, dst, src, size, &dw, &sw);
}
/// segnum is the real number of segments here, not one less.
inline void __memcpy_nram_to_nram(void *dst, const void *src, unsigned size, int dst_stride, int src_stride, int segnum,
                                  __MLU_LOC) {
  __mlu_walk dw = {dst_stride, (unsigned)segnum, 0, 1}, sw = {src_stride, (unsigned)segnum, 0, 1};
  __mluSimCopy(__MLU_SITE("__memcpy_nram_to_nram"), NRAM2NRAM, false, true, dst, src, size, &dw, &sw);
}

#define __MLU_FILL(NAME, SPACE, ASYNC)                                                                                 \
  template <typename T> inline void NAME(void *dst, unsigned n, T value, __MLU_LOC) {                                  \
    __mluSimFill(__MLU_SITE(#NAME), SPACE, ASYNC, dst, n, &value, __mlu_type<T>::code, nullptr);                                 \
  }                                                                                                                    \
  template <typename T>                                                                                                \
  inline void NAME(void *dst, unsigned n, T value, unsigned stride, unsigned segnum, __MLU_LOC) {                      \
    __mlu_walk w = {(long)stride, segnum + 1, 0, 1};                                                                   \
    __mluSimFill(__MLU_SITE(#NAME), SPACE, ASYNC, dst, n, &value, __mlu_type<T>::code, &w);                                      \
  }                                                                                                                    \
  template <typename T>                                                                                                \
  inline void NAME(void *dst, unsigned n, T value, unsigned stride0, unsigned segnum1, unsigned stride1,               \
                   unsigned segnum2, __MLU_LOC) {                                                                      \
    __mlu_walk w = {(long)stride0, segnum1 + 1, (long)stride1, segnum2 + 1};                                           \
    __mluSimFill(__MLU_SITE(#NAME), SPACE, ASYNC, dst, n, &value, __mlu_type<T>::code, &w);                                      \
  }
__MLU_FILL(__bang_write_value, __MLU_FILL_COMPUTE, false)
__MLU_FILL(__nramset, __MLU_FILL_COMPUTE, false)
__MLU_FILL(__nramset_async, __MLU_FILL_NRAM_MOVE, true)
__MLU_FILL(__memset_nram, __MLU_FILL_NRAM_MOVE, false)
__MLU_FILL(__memset_nram_async, __MLU_FILL_NRAM_MOVE, true)
__MLU_FILL(__sramset, __MLU_FILL_SRAM, false)
__MLU_FILL(__gdramset, __MLU_FILL_GDRAM, false)
__MLU_FILL(__ldramset, __MLU_FILL_LDRAM, false)
#define __MLU_FILL_OF(NAME, T)                                                                                         \
  inline void NAME(T *dst, unsigned n, T value, __MLU_LOC) {                                                           \
    __mluSimFill(__MLU_SITE(#NAME), __MLU_FILL_COMPUTE, false, dst, n, &value, __mlu_type<T>::code, nullptr);                    \
  }
__MLU_FILL_OF(__nramset_half, half)
__MLU_FILL_OF(__nramset_float, float)
__MLU_FILL_OF(__nramset_int, int)
__MLU_FILL_OF(__nramset_short, short)
__MLU_FILL_OF(__nramset_unsigned_int, unsigned)
__MLU_FILL_OF(__nramset_unsigned_short, unsigned short)
template <typename T> inline void __bang_write_zero(T *dst, unsigned n, __MLU_LOC) {
  unsigned zero = 0;
  __mluSimFill(__MLU_SITE("__bang_write_zero"), __MLU_FILL_COMPUTE, false, dst, n, &zero, __mlu_type<T>::code, nullptr);
}

#define __MLU_SYNC(NAME, PIPES)                                                                                        \
  inline void NAME(__MLU_LOC) { __mluSimSync(__MLU_SITE(#NAME), PIPES); }
__MLU_SYNC(__sync, __MLU_PIPE_ALL)
__MLU_SYNC(__sync_compute, __MLU_PIPE_COMPUTE)
__MLU_SYNC(__sync_io, __MLU_PIPE_IO)
__MLU_SYNC(__sync_move, __MLU_PIPE_MOVE)
__MLU_SYNC(__sync_copy_dram_to_nram, __MLU_PIPE_IO)
__MLU_SYNC(__sync_copy_nram_to_dram, __MLU_PIPE_IO)
__MLU_SYNC(__sync_copy_nram_to_nram, __MLU_PIPE_COMPUTE | __MLU_PIPE_MOVE)
/// Waits for the chosen producers. The wait blocks every pipe, also those not named as consumers.
inline void __sync_io_move_compute(bool io_p = true, bool move_p = true, bool compute_p = true, bool io_c = true,
                                   bool move_c = true, bool compute_c = true, __MLU_LOC) {
  (void)io_c, (void)move_c, (void)compute_c;
  __mluSimSync(__MLU_SITE("__sync_io_move_compute"), (io_p ? __MLU_PIPE_IO : 0) | (move_p ? __MLU_PIPE_MOVE : 0) |
                                                         (compute_p ? __MLU_PIPE_COMPUTE : 0));
}
#define __MLU_BARRIER(NAME, KIND)                                                                                      \
  inline void NAME(__MLU_LOC) { __mluSimBarrier(__MLU_SITE(#NAME), KIND); }
__MLU_BARRIER(__sync_all, __MLU_SYNC_ALL)
__MLU_BARRIER(__sync_cluster, __MLU_SYNC_CLUSTER)
__MLU_BARRIER(__sync_all_ipu, __MLU_SYNC_ALL_IPU)
__MLU_BARRIER(__sync_all_mpu, __MLU_SYNC_ALL_MPU)
__MLU_BARRIER(__sync_all_ipu_within_cluster, __MLU_SYNC_IPU_CLUSTER)
#define __MLU_SIGNAL(NAME, ALL, WAIT)                                                                                  \
  inline void NAME(unsigned id, unsigned count, __MLU_LOC) { __mluSimSignal(__MLU_SITE(#NAME), ALL, WAIT, id, count); }
__MLU_SIGNAL(__sync_all_arrive, true, false)
__MLU_SIGNAL(__sync_all_wait, true, true)
__MLU_SIGNAL(__sync_cluster_arrive, false, false)
__MLU_SIGNAL(__sync_cluster_wait, false, true)
inline void __bang_lock(int, int) {} // contention control of the memory bus: no effect on results
inline void __bang_unlock(int, int) {}

inline bool __is_ipu() { return coreId != 0x80; }
inline bool __is_mpu() { return coreId == 0x80; }
inline bool __is_dram(const void *p) { return __mluSimSpaceOf(p) == 0 || __mluSimSpaceOf(p) == 4; }
inline bool __is_nram(const void *p) { return __mluSimSpaceOf(p) == 1; }
inline bool __is_wram(const void *p) { return __mluSimSpaceOf(p) == 2; }
inline bool __is_sram(const void *p) { return __mluSimSpaceOf(p) == 3; }
template <typename T> inline T __load_gdram(const T *p) { return *p; }
template <typename T> inline T __load_nram(const T *p) { return *p; }
template <typename T> inline T __load_sram(const T *p) { return *p; }
template <typename T> inline T __load_ldram(const T *p) { return *p; }
template <typename T> inline void __store_gdram(T *p, typename __mlu_same<T>::type v) { *p = v; }
template <typename T> inline void __store_nram(T *p, typename __mlu_same<T>::type v) { *p = v; }
template <typename T> inline void __store_sram(T *p, typename __mlu_same<T>::type v) { *p = v; }
template <typename T> inline void __store_ldram(T *p, typename __mlu_same<T>::type v) { *p = v; }

#define __MLU_ATOMIC(NAME, OP)                                                                                         \
  template <typename T>                                                                                                \
  inline void NAME(T *dst, T *src1, typename __mlu_same<T>::type src2, unsigned n = 1, __MLU_LOC) {                    \
    __mluSimAtomic(__MLU_SITE(#NAME), OP, __mlu_type<T>::code, dst, src1, nullptr, (double)src2, n);                   \
  }                                                                                                                    \
  template <typename T> inline void NAME(T *dst, T *src1, const T *src2, unsigned n, __MLU_LOC) {                      \
    __mluSimAtomic(__MLU_SITE(#NAME), OP, __mlu_type<T>::code, dst, src1, src2, 0, n);                                 \
  }
__MLU_ATOMIC(__bang_atomic_add, __MLU_ATOMIC_ADD)
__MLU_ATOMIC(__bang_atomic_max, __MLU_ATOMIC_MAX)
__MLU_ATOMIC(__bang_atomic_min, __MLU_ATOMIC_MIN)
__MLU_ATOMIC(__bang_atomic_exch, __MLU_ATOMIC_EXCH)
#define __MLU_ATOMIC_REDUCE(NAME, OP)                                                                                  \
  template <typename T> inline void NAME(T *dst, const T *src, unsigned n, __MLU_LOC) {                                \
    __mluSimAtomic(__MLU_SITE(#NAME), OP, __mlu_type<T>::code, nullptr, dst, src, 0, n);                               \
  }
__MLU_ATOMIC_REDUCE(__bang_atomic_reduce_add, __MLU_ATOMIC_ADD)
__MLU_ATOMIC_REDUCE(__bang_atomic_reduce_max, __MLU_ATOMIC_MAX)
__MLU_ATOMIC_REDUCE(__bang_atomic_reduce_min, __MLU_ATOMIC_MIN)

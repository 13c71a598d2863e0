#ifndef METABANG_SIMULATOR_OP_H
#define METABANG_SIMULATOR_OP_H

#include "Core.h"

namespace metabang::sim {

size_t typeBytes(int type); // of an element; 4-bit pairs count as one byte
const char *typeName(int type);
inline bool isFloatType(int type) { return type == __MLU_F16 || type == __MLU_F32 || type == __MLU_BF16; }

/// The bytes an operand covers: segments of `bytes`, walked as a copy walks them.
struct Footprint {
  uintptr_t base = 0;
  size_t bytes = 0;
  __mlu_walk walk = {0, 1, 0, 1};
  size_t segments() const { return size_t(walk.segments1) * walk.segments2; }
  long first() const;  // offset of the lowest byte
  long last() const;   // offset past the highest byte
};

/// One operand of a builtin, resolved to its memory.
struct Operand {
  const char *name;
  bool write;
  Space space;
  const Range *range;     // null for GDRAM
  Footprint at;           // WRAM: linear offsets in the banks
  int cluster;            // whose SRAM it is; -1: that of the core's own
};

/// How a builtin treats bytes of its operands that nobody has written.
enum class Unwritten {
  Refuse,    // the result would depend on them
  Propagate, // element-wise: an element of the result is unwritten if an element of an operand is
  Ignore     // the builtin marks its result itself
};

/// The life of one builtin call: name the operands and the rules, then start() it. A broken rule stops the launch.
class Op {
public:
  Op(const __mlu_site &site, Pipe pipe);

  Core &core;
  const metabang::Device &device;
  const bool is2xx;

  /// The builtin needs at least this architecture (and not one of the exceptions).
  void needsArch(int least, const char *remedy);
  void needs(bool capability, const char *what, const char *remedy);
  void type(int type, bool integers);

  const void *in(const char *name, const void *p, size_t bytes, Space space = Space::NRAM);
  void *out(const char *name, void *p, size_t bytes, Space space = Space::NRAM);
  /// A strided operand; no alignment rule of vector operands applies.
  const Operand &walk(const char *name, const void *p, const Footprint &footprint, Space space, bool write);

  void positive(size_t value, const char *what);
  /// `value` must be a multiple of `unit` (on every architecture; test before calling).
  void multiple(size_t value, size_t unit, const char *what);
  /// On 2xx the length of a vector is a multiple of 128 bytes.
  void vectorLength(size_t elements, size_t elementBytes);
  /// The first operand named must not overlap the others, unless `exact` and they start at the same byte.
  void destinationApart(bool exact);
  /// The destination may overlap the sources if it starts and ends no later than they do. The documents exclude it for
  /// widening conversions and pools; kernels of the vendor count on the upward order of both.
  void destinationBehind();
  void position(int value);
  [[noreturn]] void fail(const std::string &what, const std::string &remedy);

  /// Checks hazards and initialisation (sanitizer).
  void check(Unwritten unwritten = Unwritten::Refuse, bool synchronous = false);
  /// Also occupies the pipe for `ns`.
  void start(double ns, Unwritten unwritten = Unwritten::Refuse, bool synchronous = false);
  /// The cost in ns of a vector operation that walks over `bytes` of its longest operand.
  double vectorCost(size_t bytes) const;

  /// The builtin lets overwriteSame() judge writes of bytes that another core writes too.
  bool judgesOverwrites = false;

  const __mlu_site site;
  const Pipe pipe;
  Operand operands[6];
  int count = 0;

private:
  Operand &resolve(const char *name, const void *p, size_t bytes, Space space, bool write);
  void alignment(const Operand &operand, size_t unit);
};

/// Stops the launch with a report that begins with `place` (what, and where in the kernel's text).
[[noreturn]] void failAt(Core &core, const std::string &place, const std::string &what, const std::string &remedy);

/// "nram + 256" or "the allocation of 1024 bytes + 16", for reports.
std::string describeAddress(Core &core, uintptr_t p);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_OP_H

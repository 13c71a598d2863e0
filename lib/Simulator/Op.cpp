#include "Op.h"

#include "Sanitizer.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace metabang::sim {

size_t typeBytes(int type) {
  static const unsigned char bytes[] = {2, 4, 2, 1, 1, 2, 2, 4, 4, 1, 8, 8, 4};
  return bytes[type];
}

const char *typeName(int type) {
  static const char *const names[] = {"half",    "float",    "bfloat16_t", "int8_t",   "uint8_t",
                                      "int16_t", "uint16_t", "int32_t",    "uint32_t", "int4x2_t", "int64_t", "uint64_t", "tf32"};
  return names[type];
}

const char *pipeName(int pipe) {
  static const char *const names[] = {"IO", "Move", "Compute", "Scalar"};
  return names[pipe];
}

long Footprint::first() const {
  long a = walk.stride0 < 0 ? walk.stride0 * long(walk.segments1 - 1) : 0;
  long b = walk.stride1 < 0 ? walk.stride1 * long(walk.segments2 - 1) : 0;
  return a + b;
}

long Footprint::last() const {
  long a = walk.stride0 > 0 ? walk.stride0 * long(walk.segments1 - 1) : 0;
  long b = walk.stride1 > 0 ? walk.stride1 * long(walk.segments2 - 1) : 0;
  return a + b + long(bytes);
}

std::string describeAddress(Core &core, uintptr_t p) {
  char text[256];
  for (const Range &r : core.ranges)
    if (p >= r.begin && p <= r.end) {
      snprintf(text, sizeof text, "%s variable '%s' (%zu bytes) + %zu", spaceName(r.variable->space),
               r.variable->name.c_str(), r.variable->size, size_t(p - r.begin));
      return text;
    }
  Allocation a = core.allocationOf(p);
  if (a.size) {
    snprintf(text, sizeof text, "a GDRAM allocation of %zu bytes + %zu", a.size, size_t(p - a.begin));
    return text;
  }
  snprintf(text, sizeof text, "address 0x%zx, which is in no on-chip variable and no device allocation", size_t(p));
  return text;
}

static Core &requireCore(const __mlu_site &site) {
  Core *core = currentCore();
  if (!core) {
    fprintf(stderr, "%s:%d: %s was called outside of a kernel launch; start the kernel with cnrtInvokeKernel\n",
            site.file, site.line, site.name);
    abort();
  }
  if (core->launch->stopped.load(std::memory_order_relaxed))
    throw KernelTrap();
  core->step();
  return *core;
}

Op::Op(const __mlu_site &site, Pipe pipe)
    : core(requireCore(site)), device(*core.device), is2xx(core.is2xx), site(site), pipe(pipe) {}

void failAt(Core &core, const std::string &place, const std::string &what, const std::string &remedy) {
  Launch &launch = *core.launch;
  {
    std::lock_guard<std::mutex> lock(launch.mutex);
    if (launch.report.empty())
      launch.report = place + " in kernel '" + launch.kernel.info->name + "', " + core.where() + " on " +
                      core.device->name + ": " + what + ". " + remedy;
  }
  launch.stopped.store(true);
  throw KernelTrap();
}

void Op::fail(const std::string &what, const std::string &remedy) {
  failAt(core, std::string(site.file) + ":" + std::to_string(site.line) + ": " + site.name, what, remedy);
}

void Op::needsArch(int least, const char *remedy) {
  if (core.arch < least)
    fail(std::string("the builtin exists only from architecture ") + std::to_string(least) + " on", remedy);
}

void Op::needs(bool capability, const char *what, const char *remedy) {
  if (!capability)
    fail(std::string(device.name) + " has no " + what, remedy);
}

void Op::type(int type, bool integers) {
  if (type == __MLU_I4X2 || type == __MLU_I64 || type == __MLU_U64 || type == __MLU_TF32)
    fail(std::string("there is no form for ") + typeName(type), "Use elements of 8 to 32 bits.");
  if (type == __MLU_BF16)
    needs(device.hasBf16Vector, "bfloat16_t vector operations", "Convert to float first.");
  else if (!isFloatType(type))
    needs(integers && device.hasIntegerVector, "vector operation of this kind on integers",
          "Convert to float or half first.");
}

Operand &Op::resolve(const char *name, const void *pointer, size_t bytes, Space space, bool write) {
  uintptr_t p = reinterpret_cast<uintptr_t>(pointer);
  Operand &o = operands[count++];
  o.name = name;
  o.write = write;
  o.space = space;
  o.range = nullptr;
  o.cluster = -1;
  o.at.base = p;
  o.at.bytes = bytes;
  o.at.walk = {0, 1, 0, 1};
  if (space == Space::GDRAM) {
    const Allocation &a = core.allocationOf(p);
    if (a.size == 0 && !core.findRange(p))
      fail(std::string("operand '") + name + "' is " + describeAddress(core, p),
           "Pass memory that cnrtMalloc returned and that is still allocated.");
    if (a.size == 0)
      fail(std::string("operand '") + name + "' must be in GDRAM but is in " + describeAddress(core, p),
           "Use the copy direction that matches the pointers.");
    return o;
  }
  if (core.memoryCore && (space == Space::NRAM || space == Space::WRAM))
    fail(std::string("operand '") + name + "' is in " + spaceName(space) + ", which the memory core does not have",
         "Let only the IPU cores come here: if (__is_ipu()).");
  o.range = core.findRange(p);
  if (!o.range || o.range->variable->space != space)
    fail(std::string("operand '") + name + "' must be in " + spaceName(space) + " but is in " + describeAddress(core, p),
         space == Space::WRAM ? "Filters live in a __wram__ variable." : "Copy the data there first.");
  return o;
}

/// Fails unless all bytes of the operand lie inside its variable or allocation.
static void checkBounds(Op &op, const Operand &o, long first, long last) {
  Core &core = op.core;
  uintptr_t begin, end;
  if (o.space == Space::GDRAM) {
    const Allocation &a = core.allocationOf(o.at.base);
    begin = a.begin;
    end = a.begin + a.size;
  } else {
    begin = o.range->begin;
    end = o.range->end;
  }
  uintptr_t low = o.at.base + first, high = o.at.base + last;
  if (low >= begin && high <= end && low <= high)
    return;
  char text[256];
  snprintf(text, sizeof text, "operand '%s' %s %ld bytes %s ", o.name, o.write ? "writes" : "reads",
           high > end ? long(high - end) : long(begin - low), high > end ? "past the end of" : "before the start of");
  op.fail(text + describeAddress(core, o.at.base), "Make the buffer larger or the count smaller.");
}

void Op::alignment(const Operand &o, size_t unit) {
  if (unit <= 1)
    return;
  size_t offset = o.at.base - o.range->begin; // variables are 64-byte aligned
  if (offset % unit)
    fail(std::string("operand '") + o.name + "' at " + describeAddress(core, o.at.base) + " is not aligned to " +
             std::to_string(unit) + " bytes",
         "Align the offset of the buffer.");
}

const void *Op::in(const char *name, const void *p, size_t bytes, Space space) {
  return out(name, const_cast<void *>(p), bytes, space), operands[count - 1].write = false, p;
}

void *Op::out(const char *name, void *p, size_t bytes, Space space) {
  Operand &o = resolve(name, p, bytes, space, true);
  if (space != Space::GDRAM)
    alignment(o, static_cast<size_t>(device.nramAddressAlignment));
  checkBounds(*this, o, 0, long(bytes));
  return p;
}

const Operand &Op::walk(const char *name, const void *pointer, const Footprint &footprint, Space space, bool write) {
  uintptr_t p = reinterpret_cast<uintptr_t>(pointer);
  Operand &o = resolve(name, pointer, footprint.bytes, space, write);
  o.at.bytes = footprint.bytes;
  o.at.walk = footprint.walk;
  if (space != Space::WRAM) {
    checkBounds(*this, o, footprint.first(), footprint.last());
    return o;
  }
  size_t banks = size_t(device.wramBanks), bank = size_t(device.wramBankBytes());
  const Variable &v = *o.range->variable;
  o.at.base = v.inBank + (p - o.range->begin);
  // Every segment stays inside the variable's part of a bank; S bytes of a variable are S / 64 in each.
  size_t end = v.inBank + (v.size + banks - 1) / banks;
  for (unsigned j = 0; j < o.at.walk.segments2; ++j)
    for (unsigned i = 0; i < o.at.walk.segments1; ++i) {
      long at = long(o.at.base) + o.at.walk.stride1 * long(j) + o.at.walk.stride0 * long(i);
      size_t inBank = at < 0 ? 0 : size_t(at) % bank;
      if (at < 0 || size_t(at) / bank >= banks || inBank < v.inBank || inBank + o.at.bytes > end)
        fail(std::string("operand '") + o.name + "' leaves WRAM variable '" + v.name + "' (" + std::to_string(v.size) +
                 " bytes, so " + std::to_string((v.size + banks - 1) / banks) + " in each of the 64 banks): bytes " +
                 std::to_string(long(inBank) - long(v.inBank)) + " to " +
                 std::to_string(long(inBank + o.at.bytes) - long(v.inBank)) + " of bank " + std::to_string(at / long(bank)),
             "An offset in WRAM counts inside each bank.");
    }
  return o;
}

void Op::positive(size_t value, const char *what) {
  if (value == 0)
    fail(std::string(what) + " is 0", "Skip the call when there is nothing to do.");
}

void Op::multiple(size_t value, size_t unit, const char *what) {
  if (unit > 1 && value % unit)
    fail(std::string(what) + " is " + std::to_string(value) + ", not a multiple of " + std::to_string(unit),
         "Pad the buffer and round the count up; " + std::string(device.name) + " requires it.");
}

void Op::vectorLength(size_t elements, size_t elementBytes) {
  positive(elements, "the element count");
  if (is2xx)
    multiple(elements * elementBytes, static_cast<size_t>(device.vectorSizeAlignment), "the vector's size in bytes");
}

void Op::destinationBehind() {
  const Operand &d = operands[0], &s = operands[1];
  if (count != 2 || s.space != d.space || d.at.base > s.at.base ||
      d.at.base + d.at.last() > s.at.base + s.at.last())
    destinationApart(false);
}

void Op::destinationApart(bool exact) {
  const Operand &d = operands[0];
  for (int i = 1; i < count; ++i) {
    const Operand &s = operands[i];
    if (s.space != d.space || s.space == Space::WRAM)
      continue;
    uintptr_t dl = d.at.base + d.at.first(), dh = d.at.base + d.at.last();
    uintptr_t sl = s.at.base + s.at.first(), sh = s.at.base + s.at.last();
    if (dl < sh && sl < dh && !(exact && dl == sl))
      fail(std::string("'") + d.name + "' (" + describeAddress(core, d.at.base) + ") overlaps '" + s.name + "' (" +
               describeAddress(core, s.at.base) + ")",
           exact ? "Only an exact in-place operation is allowed." : "Use separate buffers.");
  }
}

void Op::position(int value) {
  if (value < -127 || value > 127)
    fail("the position " + std::to_string(value) + " is outside of [-127, 127]", "Choose another scale.");
}

void Op::check(Unwritten unwritten, bool synchronous) {
  if (synchronous) // the compiler waits for the results of the Compute pipe, and the pipe itself is in order
    core.drain(__MLU_PIPE_COMPUTE | (1 << pipe));
  if (core.sanitizer)
    core.sanitizer->access(*this, unwritten, synchronous);
}

void Op::start(double ns, Unwritten unwritten, bool synchronous) {
  check(unwritten, synchronous);
  core.clock.issue(device, site);
  core.clock.run(pipe, ns);
}

double Op::vectorCost(size_t bytes) const {
  size_t width = static_cast<size_t>(device.vectorBytesPerCycle);
  return core.ns(double((bytes + width - 1) / width) + double(device.vectorStartupCycles));
}

} // namespace metabang::sim

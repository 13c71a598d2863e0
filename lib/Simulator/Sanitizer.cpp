#include "Sanitizer.h"

#include "Races.h"
#include "SourceLine.h"
#include "Union.h"

#include <cstring>

namespace metabang::sim {

// Flags of a shadow byte beside kWritten: pipe p has an unfinished write, an unfinished read.
static uint8_t writing(int pipe) { return uint8_t(2 << pipe); }
static uint8_t reading(int pipe) { return uint8_t(16 << pipe); }
static constexpr uint8_t kAllWriting = 2 | 4 | 8, kAllReading = 16 | 32 | 64;

/// What NRAM holds where nothing was written: a different word at every address, a NaN, without the bytes of truth
/// values and small numbers, which scalar code may well write.
static uint32_t poisonWord(size_t index) { return uint32_t(index / 4 * 2654435761u) | 0x7fa08081u; }

Sanitizer::Sanitizer(Core &core) : core(core), wram(core.wram.size()) {
  for (const Range &r : core.ranges) {
    Shadow *flags = privateShadow(r);
    if (flags)
      flags->resize(std::max(flags->size(), r.shadow + (r.end - r.begin + 63) / 64 * 64));
  }
}

/// Where the flags of a variable are that every core has of its own and that scalar code reaches.
Shadow *Sanitizer::privateShadow(const Range &r) {
  return r.variable->space == Space::NRAM ? &nram : r.variable->space == Space::LDRAM ? &ldram : nullptr;
}

void Sanitizer::beginTask() {
  for (Shadow *flags : {&ldram, &nram, &wram})
    flags->clear();
  for (auto &list : pending)
    list.clear();
  undefinedBytes.clear();
  partial.clear();
  for (const Range &r : core.ranges)
    if (privateShadow(r))
      fillWithPoison(r.begin, r.end - r.begin, r.shadow);
}

void Sanitizer::fillWithPoison(uintptr_t begin, size_t bytes, size_t shadow) {
  for (size_t i = 0; i < bytes; i += 4) {
    uint32_t word = poisonWord(shadow + i);
    memcpy(reinterpret_cast<char *>(begin + i), &word, std::min<size_t>(4, bytes - i));
  }
}

Shadow &Sanitizer::shadowOf(const Operand &o) {
  if (o.space == Space::SRAM)
    return core.team->shadow(o.cluster >= 0 ? unsigned(o.cluster) : core.team->clusterOf(core.member));
  return o.space == Space::WRAM ? wram : o.space == Space::LDRAM ? ldram : nram;
}

/// Calls f(first shadow index, bytes) for each segment of an operand, unless it is in GDRAM.
template <typename F> void Sanitizer::segments(const Operand &o, F &&f) {
  if (o.space == Space::GDRAM)
    return;
  size_t start = o.space == Space::WRAM ? o.at.base : o.range->shadow + (o.at.base - o.range->begin);
  for (unsigned j = 0; j < o.at.walk.segments2; ++j)
    for (unsigned i = 0; i < o.at.walk.segments1; ++i)
      f(size_t(long(start) + o.at.walk.stride1 * long(j) + o.at.walk.stride0 * long(i)), o.at.bytes);
}

uint8_t *Sanitizer::shadow(const Operand &o) {
  return nram.at(o.range->shadow + (o.at.base - o.range->begin), o.at.bytes);
}

void Sanitizer::poison(const Operand &o) { mark(o, kDerived, kWritten); } // it holds something, but nothing defined

void Sanitizer::undefine(const Operand &result, size_t offset, size_t bytes, int line,
                         const std::function<std::string()> &note) {
  size_t first = result.range->shadow + (result.at.base - result.range->begin) + offset, last = first + bytes;
  uint8_t *flags = nram.at(first, bytes);
  if (flags[0] & kDerived)
    return;
  for (size_t i = 0; i < bytes; ++i)
    flags[i] = like(flags[i], 0);
  for (Undefined &u : undefinedBytes)
    if (u.line == line) {
      u.first = std::min(u.first, first);
      u.last = std::max(u.last, last);
      return;
    }
  undefinedBytes.push_back({line, first, last, note()});
}

/// Whose undefined result it is; the first one of the task if it has been moved since.
const Sanitizer::Undefined *Sanitizer::undefinedAt(size_t i) const {
  for (const Undefined &u : undefinedBytes)
    if (u.first <= i && i < u.last)
      return &u;
  return undefinedBytes.empty() ? nullptr : &undefinedBytes.front();
}

void Sanitizer::transfer(const Operand &dst, const Operand &src) {
  std::vector<uint8_t> flags;
  Shadow &from = shadowOf(src);
  segments(src, [&](size_t first, size_t bytes) {
    writtenByScalarCode(src, first, bytes);
    const uint8_t *some = from.at(first, bytes);
    flags.insert(flags.end(), some, some + bytes);
  });
  Shadow &to = shadowOf(dst);
  size_t next = 0;
  segments(dst, [&](size_t first, size_t bytes) {
    uint8_t *some = to.at(first, bytes);
    for (size_t i = 0; i < bytes; ++i, ++next)
      some[i] = like(some[i], flags[next]);
  });
}

void Sanitizer::rearrange(const Operand &dst, const Operand &src,
                          const std::function<void(char *, const char *)> &move) {
  segments(src, [&](size_t first, size_t bytes) { writtenByScalarCode(src, first, bytes); });
  std::vector<char> from(src.at.bytes), to(dst.at.bytes);
  const uint8_t *in = shadow(src);
  for (size_t i = 0; i < from.size(); ++i)
    from[i] = char(in[i] & kWritten);
  move(to.data(), from.data());
  uint8_t *out = shadow(dst);
  for (size_t i = 0; i < to.size(); ++i)
    out[i] = like(out[i], uint8_t(to[i]));
}

void Sanitizer::propagateColumns(const Operand &dst, const Operand &src, size_t rowBytes) {
  segments(src, [&](size_t first, size_t bytes) { writtenByScalarCode(src, first, bytes); });
  std::vector<uint8_t> column(rowBytes, kWritten);
  const uint8_t *in = shadow(src);
  for (size_t row = 0; row < src.at.bytes; row += rowBytes)
    for (size_t j = 0; j < rowBytes; ++j)
      column[j] &= in[row + j];
  uint8_t *out = shadow(dst);
  for (size_t row = 0; row < dst.at.bytes; row += rowBytes)
    for (size_t j = 0; j < rowBytes; ++j)
      out[row + j] = like(out[row + j], column[j]);
}

void Sanitizer::mark(const Operand &o, uint8_t set, uint8_t clear) {
  Shadow &flags = shadowOf(o);
  if (o.space == Space::SRAM || o.space == Space::LDRAM) // SRAM's pipes are those of many cores
    set &= kWritten;
  uint8_t keep = uint8_t(~clear & (set & kWritten ? ~kDerived : 0xff));
  segments(o, [&](size_t first, size_t bytes) { flags.update(first, bytes, keep, set); });
}

/// Scalar stores leave no trace in the shadow, but they change the poison. A word that changed counts as written.
bool Sanitizer::writtenByScalarCode(const Operand &o, size_t first, size_t bytes) {
  if (o.space == Space::WRAM)
    return false;
  Shadow &nram = shadowOf(o);
  const char *base = reinterpret_cast<const char *>(o.range->begin) - o.range->shadow;
  for (size_t i = first; i < first + bytes; ++i) {
    if (nram[i] & kWritten)
      continue;
    if (nram[i] & kDerived)
      return false;
    size_t word = i / 4 * 4;
    uint32_t expected = poisonWord(word), actual = 0;
    size_t n = std::min<size_t>(4, o.range->shadow + (o.range->end - o.range->begin) - word);
    memcpy(&actual, base + word, n);
    if (memcmp(&actual, &expected, n) == 0)
      return false;
    for (size_t k = word; k < word + n; ++k)
      nram[k] = uint8_t(nram[k] & kDerived ? nram[k] : nram[k] | kWritten);
  }
  return true;
}

/// Whether the operand, in SRAM or WRAM, has too little content to be read: not all, or (`any`) nothing of it was
/// written.
bool Sanitizer::missing(const Operand &o, bool any) {
  bool some = false, every = true;
  segments(o, [&](size_t first, size_t bytes) {
    Shadow &flags = shadowOf(o);
    uint8_t anyOf, allOf;
    flags.scan(first, bytes, anyOf, allOf);
    if (!(allOf & kWritten))
      for (size_t i = first; i < first + bytes; i = i / 4 * 4 + 4)
        writtenByScalarCode(o, i, 1);
    flags.scan(first, bytes, anyOf, allOf);
    some |= anyOf & kWritten;
    every &= allOf & kWritten;
  });
  return any ? !some : !every;
}

/// Refuses to read SRAM that nobody wrote. Whoever should have may only be late, and then the race with it is the
/// better report: the others go on first.
void Sanitizer::checkSram(Op &op, const Operand &o, Unwritten unwritten) {
  bool any = unwritten == Unwritten::Ignore; // a copy on the chip carries "unwritten" along
  if (!missing(o, any))
    return;
  core.team->letOthersRun(core);
  if (!missing(o, any))
    return;
  std::string late;
  if (core.leftOut.line)
    late = std::string(" (") + core.leftOut.name + " at " + core.leftOut.file + ":" +
           std::to_string(core.leftOut.line) + " is performed by the memory core only, which must come there too)";
  op.fail(std::string("operand '") + o.name + "' reads SRAM that no core of the cluster wrote, at " +
              describeAddress(core, o.at.base) + late,
          "Let the memory core copy it there, or the cores, and call __sync_cluster() after that.");
}

/// `complete` becomes false if the operand has unwritten bytes that are to be propagated.
void Sanitizer::check(Op &op, const Operand &o, Unwritten unwritten, uint8_t conflicts, bool *complete) {
  if (o.space == Space::SRAM) {
    if (!o.write)
      checkSram(op, o, unwritten);
    return;
  }
  // A copy of a core's own memory carries "unwritten" along, but from WRAM and LDRAM only a part of it: whoever reads
  // there what nobody wrote does so by mistake.
  bool empty = (o.space == Space::WRAM || o.space == Space::LDRAM) && !o.write && unwritten == Unwritten::Ignore &&
               missing(o, true);
  Shadow &flags = shadowOf(o);
  segments(o, [&](size_t first, size_t bytes) {
    uint8_t any, all;
    flags.scan(first, bytes, any, all);
    if (any & conflicts)
      reportRace(op, o, first, o.space == Space::WRAM, uint8_t(any & conflicts));
    if (empty)
      refuseUnwritten(op, o, first, bytes);
    if (o.write || unwritten == Unwritten::Ignore || (all & kWritten) || writtenByScalarCode(o, first, bytes))
      return;
    if (unwritten == Unwritten::Propagate) {
      *complete = false;
      return;
    }
    refuseUnwritten(op, o, first, bytes);
  });
}

void Sanitizer::refuseUnwritten(Op &op, const Operand &o, size_t first, size_t bytes) {
  Shadow &flags = shadowOf(o);
  size_t at = first;
  while (flags[at] & kWritten)
    ++at;
  size_t last = at;
  while (last < first + bytes && !(flags[last] & kWritten))
    ++last;
  std::string where = o.space == Space::WRAM ? "WRAM bank " + std::to_string(at / size_t(op.device.wramBankBytes())) +
                                                   " byte " + std::to_string(at % size_t(op.device.wramBankBytes()))
                                             : describeAddress(core, o.range->begin + (at - o.range->shadow));
  std::string what = std::string("operand '") + o.name + "' reads " + std::to_string(last - at);
  const Undefined *undefined = o.space == Space::NRAM && (flags[at] & kDerived) ? undefinedAt(at) : nullptr;
  if (undefined)
    op.fail(what + " undefined bytes, first at " + where + ": " + undefined->note,
            "Bring the operands into the documented range first.");
  op.fail(what + " bytes that this task never wrote (or computed from such bytes), first at " + where,
          "Load or fill the whole buffer first, also the padding.");
}

void Sanitizer::reportRace(Op &op, const Operand &o, size_t first, bool inWram, uint8_t flags) {
  for (int p = 0; p < kPipes; ++p) {
    if (!(flags & (writing(p) | reading(p))))
      continue;
    for (size_t n = pending[p].size(); n-- > 0;) {
      const Pending &other = pending[p][n];
      for (int k = 0; k < other.count; ++k) {
        const Operand &theirs = other.operands[k];
        if (!(theirs.write || o.write) || (theirs.space == Space::WRAM) != inWram)
          continue;
        bool overlaps = false;
        segments(theirs, [&](size_t a, size_t bytes) { overlaps |= a < first + o.at.bytes && first < a + bytes; });
        if (overlaps)
          op.fail(std::string("race: it ") + (o.write ? "writes '" : "reads '") + o.name + "' (" +
                      (inWram ? "WRAM" : describeAddress(core, o.at.base)) + ") while " + other.site.name +
                      " at line " + std::to_string(other.site.line) + " still " + (theirs.write ? "writes" : "reads") +
                      " there on the " + pipeName(p) + " pipe",
                  p == IO     ? "Call __sync_io() or __sync() between them."
                  : p == Move ? "Call __sync_move() or __sync() between them."
                              : "Call __sync_compute() or __sync() between them.");
      }
    }
  }
  op.fail("race with an unfinished operation of another pipe", "Call __sync() before it.");
}

/// Copies the written flags of element-wise operands to the result, where some operand has unwritten elements.
static void propagate(Sanitizer &s, const Op &op) {
  const Operand &d = op.operands[0];
  if (d.space != Space::NRAM || d.at.segments() != 1)
    return;
  uint8_t *out = s.shadow(d);
  for (int k = 1; k < op.count; ++k) {
    const Operand &o = op.operands[k];
    if (o.space != Space::NRAM || o.at.segments() != 1 || o.at.bytes == 0)
      continue;
    const uint8_t *in = s.shadow(o);
    // a shorter operand repeats in the cycle forms, otherwise its elements are narrower
    for (size_t i = 0; i < d.at.bytes; ++i) {
      size_t j = o.at.bytes >= d.at.bytes                                          ? i * (o.at.bytes / d.at.bytes)
                 : strstr(op.site.name, "cycle") || strstr(op.site.name, "fusion") ? i % o.at.bytes
                                                                                   : i * o.at.bytes / d.at.bytes;
      if (!(in[j] & Sanitizer::kWritten))
        out[i] = Sanitizer::like(out[i], 0);
    }
  }
}

void Sanitizer::access(Op &op, Unwritten unwritten, bool synchronous) {
  for (int k = 0; k < op.count; ++k)
    core.launch->races->access(op, op.operands[k], synchronous);
  bool complete = true;
  for (int k = 0; k < op.count; ++k) {
    const Operand &o = op.operands[k];
    uint8_t own = uint8_t(writing(op.pipe) | reading(op.pipe));
    uint8_t conflicts = uint8_t((o.write ? kAllWriting | kAllReading : kAllWriting) & ~own);
    check(op, o, unwritten, conflicts, &complete);
  }
  Bits bits = complete || partial.empty() ? Bits() : combinedBits(op);
  bool done = synchronous;
  for (int k = 0; k < op.count && !done; ++k)
    if (!op.operands[k].write && op.operands[k].space != Space::SRAM)
      mark(op.operands[k], reading(op.pipe), 0);
  for (int k = 0; k < op.count; ++k) {
    const Operand &o = op.operands[k];
    if (!o.write)
      continue;
    bool inPlace = false;
    for (int j = 0; j < op.count; ++j)
      inPlace |= !op.operands[j].write && op.operands[j].at.base == o.at.base && op.operands[j].space == o.space;
    // in place the operand's own flags say which elements of the result are written
    uint8_t written = !complete && inPlace ? 0 : kWritten;
    mark(o, uint8_t(written | (done ? 0 : writing(op.pipe))), 0);
    forgetBits(o);
  }
  if (!complete)
    propagate(*this, op);
  keepBits(bits);
  if (done)
    return;
  Pending p{op.site, op.count, {}};
  std::copy(op.operands, op.operands + op.count, p.operands);
  pending[op.pipe].push_back(std::move(p));
}

void Sanitizer::scalar(uintptr_t pc, uintptr_t address, size_t bytes, bool write) {
  const Range *range = core.findRange(address);
  Space space = range ? range->variable->space : Space::GDRAM;
  if (!range && !core.allocationOf(address).size)
    return; // the stack and other memory of the host
  std::string what = std::string(write ? "writes " : "reads ") + describeAddress(core, address);
  auto refuse = [&](const std::string &why, const std::string &remedy) {
    failAt(core, sourceLine(*core.launch->kernel.module, pc) + ": scalar code", why, remedy);
  };
  if (space == Space::GDRAM || space == Space::SRAM)
    core.launch->races->scalar(core, pc, address, bytes, write, range);
  if (space == Space::GDRAM)
    return;
  if (core.memoryCore && space == Space::NRAM)
    return; // it has none; what it computes from there goes nowhere
  Operand o{"", write, space, range, {address, bytes, {0, 1, 0, 1}}, -1};
  size_t first = range->shadow + (address - range->begin);
  bytes = std::min<size_t>(bytes, range->end - address);
  Shadow &flags = shadowOf(o);
  uint8_t any, all;
  flags.scan(first, bytes, any, all);
  uint8_t unfinished = uint8_t(any & (write ? kAllWriting | kAllReading : kAllWriting));
  if (space == Space::NRAM && unfinished)
    for (int p = 0; p < kPipes; ++p)
      if (p != Compute && (unfinished & (writing(p) | reading(p)))) // scalar accesses of NRAM are in order with Compute
        refuse("race: it " + what + " while " + unfinishedOn(p, first, bytes),
               p == IO ? "Call __sync_io() or __sync() between them." : "Call __sync_move() or __sync() between them.");
  if (write) {
    flags.update(first, bytes, uint8_t(~kDerived), kWritten);
    return;
  }
  if ((all & kWritten) || writtenByScalarCode(o, first, bytes))
    return;
  if (space == Space::SRAM) {
    core.team->letOthersRun(core);
    if (!missing(o, false))
      return;
  }
  refuse("it " + what + ", which " + (space == Space::SRAM ? "no core of the cluster" : "this task never") + " wrote",
         "Write it first.");
}

/// Names the operation of a pipe that still works on bytes of NRAM.
std::string Sanitizer::unfinishedOn(int pipe, size_t first, size_t bytes) {
  for (size_t n = pending[pipe].size(); n-- > 0;)
    for (int k = 0; k < pending[pipe][n].count; ++k) {
      const Operand &theirs = pending[pipe][n].operands[k];
      bool overlaps = false;
      if (theirs.space == Space::NRAM)
        segments(theirs, [&](size_t a, size_t size) { overlaps |= a < first + bytes && first < a + size; });
      if (overlaps)
        return std::string(pending[pipe][n].site.name) + " at line " + std::to_string(pending[pipe][n].site.line) +
               " still " + (theirs.write ? "writes" : "reads") + " there on the " + pipeName(pipe) + " pipe";
    }
  return std::string("the ") + pipeName(pipe) + " pipe is still at work there";
}

void Sanitizer::sync(int pipes) {
  for (int p = 0; p < kPipes; ++p) {
    if (!(pipes >> p & 1))
      continue;
    for (Pending &op : pending[p]) {
      for (int k = 0; k < op.count; ++k)
        if (op.operands[k].space != Space::SRAM)
          mark(op.operands[k], 0, uint8_t(writing(p) | reading(p)));
    }
    pending[p].clear();
  }
}

} // namespace metabang::sim

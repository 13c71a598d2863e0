#ifndef METABANG_SIMULATOR_SANITIZER_H
#define METABANG_SIMULATOR_SANITIZER_H

#include "Op.h"
#include "Shadow.h"

#include <functional>
#include <map>
#include <vector>

namespace metabang::sim {

/// The checks of one core that need a shadow of NRAM, WRAM, SRAM and LDRAM: one byte for each byte, saying whether it was
/// written and (but for SRAM, see Races, and LDRAM, which the hardware keeps in order) which pipes still read or write it
/// since the last synchronisation.
class Sanitizer {
public:
  explicit Sanitizer(Core &core);

  void beginTask();
  /// What memory holds where nothing was written; `shadow` is the first byte's index in the shadow.
  static void fillWithPoison(uintptr_t begin, size_t bytes, size_t shadow);

  /// A builtin of the Compute pipe, or a synchronous one, reads and writes its operands.
  void access(Op &op, Unwritten unwritten = Unwritten::Refuse, bool synchronous = false);
  /// Scalar code compiled at `pc` reads or writes memory of any kind.
  void scalar(uintptr_t pc, uintptr_t address, size_t bytes, bool write);
  /// The pipes in the mask of __mlu_pipe have finished what they were given.
  void sync(int pipes);

  /// The shadow of an operand's first byte; only for operands of one segment in NRAM.
  uint8_t *shadow(const Operand &operand);
  /// Gives the bytes of `dst` the written flags of those of `src`, segment by segment (both on chip).
  void transfer(const Operand &dst, const Operand &src);
  /// The written flags of `dst` are those of `src`, moved as `move(to, from)` moves bytes.
  void rearrange(const Operand &dst, const Operand &src, const std::function<void(char *, const char *)> &move);
  /// Byte j of every row of `dst` is written if byte j of all rows of `src` is.
  void propagateColumns(const Operand &dst, const Operand &src, size_t rowBytes);
  /// Forgets that the operand's bytes were written.
  void poison(const Operand &operand);
  /// Some bytes of the result of a builtin at `line` are undefined, unless they come from unwritten ones; `note` says
  /// why, for the report of their use. The first note of a line is kept.
  void undefine(const Operand &result, size_t offset, size_t bytes, int line, const std::function<std::string()> &note);

  // Vectors of bits: eight elements share a byte, of which some may be written and some not (DefinedBits.cpp).

  /// Which of the n elements of `elementBytes` are written in all sources of `op`; empty if all are.
  std::vector<bool> writtenElements(const Op &op, size_t elementBytes, size_t n);
  /// Bit k of the result is as written as element k was.
  void setBits(const Operand &result, const std::vector<bool> &written);
  /// Leaves the last byte of a mask out of the check if it has more than the n bits that count, and those are written.
  void checkBits(Operand &mask, size_t n);

  static constexpr uint8_t kWritten = 1;
  static constexpr uint8_t kDerived = 128; // unwritten, but it holds something computed from unwritten bytes

  /// The flags of a byte that is as written as another one.
  static uint8_t like(uint8_t flags, uint8_t source) {
    uint8_t rest = uint8_t(flags & ~(kWritten | kDerived));
    return uint8_t(rest | (source & kWritten ? kWritten : kDerived));
  }

private:
  struct Pending {
    __mlu_site site;
    int count;
    Operand operands[6];
  };
  void check(Op &op, const Operand &operand, Unwritten unwritten, uint8_t conflicts, bool *complete);
  void mark(const Operand &operand, uint8_t set, uint8_t clear);
  bool writtenByScalarCode(const Operand &operand, size_t shadowIndex, size_t bytes);
  [[noreturn]] void reportRace(Op &op, const Operand &operand, size_t shadowIndex, bool wram, uint8_t flags);
  template <typename F> void segments(const Operand &operand, F &&f);
  Shadow *privateShadow(const Range &range);
  Shadow &shadowOf(const Operand &operand);
  bool missing(const Operand &operand, bool any);
  void checkSram(Op &op, const Operand &operand, Unwritten unwritten);
  std::string unfinishedOn(int pipe, size_t first, size_t bytes);
  void refuseUnwritten(Op &op, const Operand &operand, size_t first, size_t bytes);

  using Bits = std::vector<std::pair<size_t, uint8_t>>;
  Bits combinedBits(const Op &op);
  void keepBits(const Bits &bits);
  void forgetBits(const Operand &written);

  Core &core;
  Shadow nram, wram, ldram;
  std::map<size_t, uint8_t> partial; // shadow indices in NRAM: the bits that are written of bytes that are not
  struct Undefined {
    int line;
    size_t first, last; // shadow indices between which the undefined bytes lie
    std::string note;
  };
  const Undefined *undefinedAt(size_t shadowIndex) const;
  std::vector<Undefined> undefinedBytes;
  std::vector<Pending> pending[kPipes];
};

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_SANITIZER_H

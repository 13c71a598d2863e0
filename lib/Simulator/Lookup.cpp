// Table look-ups.
#include "Op.h"
#include "Sanitizer.h"

#include <cstring>

using namespace metabang::sim;

namespace {

uint32_t indexAt(const void *index, size_t bytes, size_t i) {
  uint32_t value = 0;
  memcpy(&value, static_cast<const char *>(index) + i * bytes, bytes);
  return value;
}

} // namespace

/// dst[i] = table[index[i]]; where the index is past the table, dst keeps its element.
extern "C" void __mluSimLut(__mlu_site site, int type, int indexType, void *dst, const void *index, const void *table,
                            unsigned n, unsigned length) {
  Op op(site, Compute);
  op.needs(op.core.arch == 220 || op.core.arch >= 322, "table look-up", "Use comparisons and a sum of products.");
  size_t size = typeBytes(type), indexSize = typeBytes(indexType);
  if (size != indexSize && op.core.arch != 520)
    op.fail(std::string("a table of ") + typeName(type) + " cannot be looked up with an index of " +
                typeName(indexType),
            "Use an index as wide as the table's elements.");
  op.positive(n, "the element count");
  op.positive(length, "the table's length");
  op.multiple(length, size == indexSize ? 64 : 128, "the table's length");
  op.out("dst", dst, n * size);
  op.in("index", index, n * indexSize);
  op.destinationApart(true); // the documents exclude it, kernels of the vendor look up in place
  op.in("table", table, length * size);
  if (static_cast<const char *>(table) < static_cast<char *>(dst) + n * size &&
      static_cast<char *>(dst) < static_cast<const char *>(table) + length * size)
    op.fail("'dst' overlaps 'table'", "Use separate buffers.");
  std::vector<char> indices(n * indexSize), kept, usable;
  memcpy(indices.data(), index, indices.size());
  Sanitizer *sanitizer = op.core.sanitizer.get();
  if (sanitizer) { // before the result is marked as written
    auto *flags = reinterpret_cast<const char *>(sanitizer->shadow(op.operands[0]));
    kept.assign(flags, flags + n * size);
    // an index that nobody wrote makes an unwritten result; those that scalar code wrote are found by moving the flags
    usable.resize(n * indexSize);
    Operand same = op.operands[1];
    sanitizer->rearrange(same, same, [&](char *to, const char *from) {
      memcpy(usable.data(), from, usable.size());
      memcpy(to, from, usable.size());
    });
  }
  op.start(2 * op.vectorCost(n * size), Unwritten::Ignore);
  if (sanitizer)
    sanitizer->rearrange(op.operands[0], op.operands[2], [&](char *to, const char *from) {
      for (size_t i = 0; i < n; ++i) {
        uint32_t at = indexAt(indices.data(), indexSize, i);
        for (size_t b = 0; b < size; ++b)
          to[i * size + b] = !usable[i * indexSize] ? 0
                             : at < length          ? from[at * size + b]
                                                    : char(kept[i * size + b] & Sanitizer::kWritten);
      }
    });
  for (size_t i = 0; i < n; ++i) {
    uint32_t at = indexAt(indices.data(), indexSize, i);
    if (at < length)
      memcpy(static_cast<char *>(dst) + i * size, static_cast<const char *>(table) + at * size, size);
  }
}

#ifndef METABANG_SIMULATOR_SHADOW_H
#define METABANG_SIMULATOR_SHADOW_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace metabang::sim {

/// A byte of flags for each byte of a memory. Builtins work on long runs of bytes whose flags are alike, so a block
/// whose flags are all the same is one number, and only blocks with different ones are kept byte by byte.
class Shadow {
public:
  explicit Shadow(size_t bytes = 0) { resize(bytes); }
  size_t size() const { return flags.size(); }
  void resize(size_t bytes);
  /// All flags become 0.
  void clear();

  /// What any and what all of the flags have.
  void scan(size_t first, size_t bytes, uint8_t &anyOf, uint8_t &allOf) const;
  /// Every flag f becomes (f & keep) | set.
  void update(size_t first, size_t bytes, uint8_t keep, uint8_t set);

  /// The flags one by one, to be read and written.
  uint8_t *at(size_t first, size_t bytes);
  uint8_t &operator[](size_t i) { return *at(i, 1); }
  /// Where flag 0 is, so that an address that at() gave tells its place.
  const uint8_t *data() const { return flags.data(); }

private:
  static constexpr size_t kBlock = 2048;
  static constexpr uint16_t kMixed = 256; // a block that is kept byte by byte; otherwise its flags
  size_t blockEnd(size_t i) const;
  void spread(size_t block);

  std::vector<uint8_t> flags; // of mixed blocks
  std::vector<uint16_t> blocks;
};

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_SHADOW_H

// A vector with inline room for N elements: shapes and operand lists of a node live inside the node.
#ifndef METABANG_GRAPH_SMALLVECTOR_H
#define METABANG_GRAPH_SMALLVECTOR_H

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <new>
#include <utility>

namespace metabang::graph {

template <typename T, unsigned N>
class SmallVector {
public:
  SmallVector() = default;
  SmallVector(std::initializer_list<T> values) : SmallVector(values.begin(), values.end()) {}
  SmallVector(size_t count, const T &value) {
    reserve(count);
    for (size_t i = 0; i < count; ++i)
      push_back(value);
  }
  template <typename It>
  SmallVector(It first, It last) {
    for (; first != last; ++first)
      push_back(*first);
  }
  SmallVector(const SmallVector &other) : SmallVector(other.begin(), other.end()) {}
  SmallVector(SmallVector &&other) noexcept { take(other); }
  SmallVector &operator=(const SmallVector &other) {
    if (this != &other) {
      clear();
      reserve(other.size());
      for (const T &value : other)
        push_back(value);
    }
    return *this;
  }
  SmallVector &operator=(SmallVector &&other) noexcept {
    if (this != &other) {
      release();
      take(other);
    }
    return *this;
  }
  ~SmallVector() { release(); }

  T *begin() { return data_; }
  T *end() { return data_ + size_; }
  const T *begin() const { return data_; }
  const T *end() const { return data_ + size_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T &operator[](size_t i) { return data_[i]; }
  const T &operator[](size_t i) const { return data_[i]; }
  T &back() { return data_[size_ - 1]; }

  void push_back(T value) {
    if (size_ == capacity_)
      reserve(2 * size_t(capacity_));
    new (data_ + size_) T(std::move(value));
    ++size_;
  }
  void clear() {
    for (T &value : *this)
      value.~T();
    size_ = 0;
  }
  void reserve(size_t count) {
    if (count <= capacity_)
      return;
    T *fresh = static_cast<T *>(::operator new(count * sizeof(T)));
    for (uint32_t i = 0; i < size_; ++i) {
      new (fresh + i) T(std::move(data_[i]));
      data_[i].~T();
    }
    if (!isInline())
      ::operator delete(data_);
    data_ = fresh;
    capacity_ = static_cast<uint32_t>(count);
  }

  friend bool operator==(const SmallVector &a, const SmallVector &b) {
    if (a.size_ != b.size_)
      return false;
    for (uint32_t i = 0; i < a.size_; ++i)
      if (!(a.data_[i] == b.data_[i]))
        return false;
    return true;
  }
  friend bool operator!=(const SmallVector &a, const SmallVector &b) { return !(a == b); }

private:
  T *inlineData() { return reinterpret_cast<T *>(inline_); }
  bool isInline() const { return data_ == reinterpret_cast<const T *>(inline_); }
  void release() {
    clear();
    if (!isInline())
      ::operator delete(data_);
    data_ = inlineData();
    capacity_ = N;
  }
  // Leaves `other` empty; *this must hold nothing.
  void take(SmallVector &other) {
    if (!other.isInline()) {
      data_ = std::exchange(other.data_, other.inlineData());
      size_ = std::exchange(other.size_, 0);
      capacity_ = std::exchange(other.capacity_, N);
      return;
    }
    for (T &value : other)
      push_back(std::move(value));
    other.clear();
  }

  T *data_ = inlineData();
  uint32_t size_ = 0;
  uint32_t capacity_ = N;
  alignas(T) unsigned char inline_[N * sizeof(T)];
};

} // namespace metabang::graph

#endif // METABANG_GRAPH_SMALLVECTOR_H

#include "allocations.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

constexpr std::size_t plain = alignof(std::max_align_t);

std::atomic<long> count{0}, held{0}, largest{0};

// The size stands before what is allocated, at a distance that keeps the alignment.
void* allocate(std::size_t size, std::size_t alignment) {
  ++count;
  const long asked = static_cast<long>(size);
  for (long seen = largest; seen < asked && !largest.compare_exchange_weak(seen, asked);) {
  }
  const std::size_t whole = (size + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, alignment + whole);
  if (memory == nullptr) throw std::bad_alloc();
  held += asked;
  std::memcpy(memory, &size, sizeof(size));
  return static_cast<char*>(memory) + alignment;
}

void release(void* allocated, std::size_t alignment) {
  if (allocated == nullptr) return;
  void* memory = static_cast<char*>(allocated) - alignment;
  std::size_t size;
  std::memcpy(&size, memory, sizeof(size));
  held -= static_cast<long>(size);
  std::free(memory);
}

}  // namespace

namespace etch::test {
long allocations() {
  return count;
}
long held_bytes() {
  return held;
}
long largest_request() {
  return largest.exchange(0);
}
}  // namespace etch::test

void* operator new(std::size_t size) {
  return allocate(size, plain);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept try {
  return operator new(size);
} catch (const std::bad_alloc&) {
  return nullptr;
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return operator new(size, alignment);
}
void* operator new[](std::size_t size, const std::nothrow_t& nothrow) noexcept {
  return operator new(size, nothrow);
}
void operator delete(void* memory) noexcept {
  release(memory, plain);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory, plain);
}
void operator delete(void* memory, std::align_val_t alignment) noexcept {
  release(memory, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory, std::size_t, std::align_val_t alignment) noexcept {
  release(memory, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  release(memory, plain);
}
void operator delete[](void* memory) noexcept {
  release(memory, plain);
}
void operator delete[](void* memory, std::size_t) noexcept {
  release(memory, plain);
}
void operator delete[](void* memory, std::align_val_t alignment) noexcept {
  release(memory, static_cast<std::size_t>(alignment));
}
void operator delete[](void* memory, std::size_t, std::align_val_t alignment) noexcept {
  release(memory, static_cast<std::size_t>(alignment));
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  release(memory, plain);
}

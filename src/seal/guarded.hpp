#pragma once

#include <string.h>
#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <system_error>
#include <type_traits>
#include <utility>

namespace reprise::seal {

// A value with keys in it, on pages of its own: not in core files, not swapped out where the system
// allows that, and wiped before the pages go. Private to the process; a child that is not to have
// it destroys its copy.
template <class T>
class Guarded {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
  // All bytes are zero. Throws std::system_error.
  Guarded() {
    void* const pages =
        ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::system_error(errno, std::system_category(), "mmap");
    ::madvise(pages, sizeof(T), MADV_DONTDUMP);
    ::mlock(pages, sizeof(T));  // fails for want of a limit: the keys may then be swapped out
    value_ = ::new (pages) T();
  }
  Guarded(Guarded&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Guarded& operator=(Guarded&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() {
    if (value_ == nullptr) return;
    ::explicit_bzero(static_cast<void*>(value_), sizeof(T));
    ::munmap(value_, sizeof(T));
  }

  T& operator*() const { return *value_; }
  T* operator->() const { return value_; }

private:
  T* value_ = nullptr;
};

}  // namespace reprise::seal

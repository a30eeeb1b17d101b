#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace reprise::router {

// The buffers of one worker. A session borrows one while bytes move and holds none while it waits,
// so that their number follows the traffic and not the number of connections.
class BufferPool {
public:
  static constexpr std::size_t buffer_size = 65536;

  class Lease {
  public:
    Lease() = default;
    Lease(Lease&& other) noexcept : pool_(other.pool_), memory_(std::move(other.memory_)) {}
    Lease& operator=(Lease&& other) noexcept {
      release();
      pool_ = other.pool_;
      memory_ = std::move(other.memory_);
      return *this;
    }
    ~Lease() { release(); }

    explicit operator bool() const { return memory_ != nullptr; }
    Buffer bytes() const { return memory_ ? Buffer(memory_.get(), buffer_size) : Buffer(); }
    void release() {
      if (memory_) pool_->take_back(std::move(memory_));
    }

  private:
    friend class BufferPool;
    Lease(BufferPool& pool, std::unique_ptr<char[]> memory)
        : pool_(&pool), memory_(std::move(memory)) {}

    BufferPool* pool_ = nullptr;
    std::unique_ptr<char[]> memory_;
  };

  // The pool outlives its leases.
  Lease borrow();

  std::size_t borrowed() const { return borrowed_; }

private:
  void take_back(std::unique_ptr<char[]> memory);

  std::vector<std::unique_ptr<char[]>> free_;
  std::size_t borrowed_ = 0;
};

}  // namespace reprise::router

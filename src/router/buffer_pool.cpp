#include "router/buffer_pool.hpp"

namespace reprise::router {
namespace {

// More than these go back to the system: a burst does not stay in memory.
constexpr std::size_t max_free = 16;

}  // namespace

BufferPool::Lease BufferPool::borrow() {
  std::unique_ptr<char[]> memory;
  if (free_.empty()) {
    free_.reserve(max_free);  // so that giving back can not fail
    memory = std::make_unique_for_overwrite<char[]>(buffer_size);
  } else {
    memory = std::move(free_.back());
    free_.pop_back();
  }
  ++borrowed_;
  return Lease(*this, std::move(memory));
}

void BufferPool::take_back(std::unique_ptr<char[]> memory) {
  --borrowed_;
  if (free_.size() < max_free) free_.push_back(std::move(memory));
}

}  // namespace reprise::router

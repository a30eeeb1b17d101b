#include "shm/mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

#include "shm/robust_mutex.hpp"

namespace reprise::shm {
namespace {

constexpr std::size_t head_room = 4096;  // so that the ring begins with a page
constexpr std::size_t length_size = 4;

UniqueFd make_doorbell() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) throw std::system_error(errno, std::system_category(), "eventfd");
  return fd;
}

}  // namespace

// Positions count bytes since the beginning; the ring has them modulo its size. Writers move `end`
// under the lock, after the message is there: so nothing has to be repaired after one that died.
struct Mailbox::Head {
  RobustMutex writers;
  alignas(64) std::atomic<std::uint64_t> end{0};
  alignas(64) std::atomic<std::uint64_t> begin{0};
  std::atomic<std::uint32_t> asleep{0};
};

Mailbox::Mailbox(Region region, UniqueFd doorbell, std::size_t size)
    : region_(std::move(region)),
      doorbell_(std::move(doorbell)),
      size_(size),
      head_(reinterpret_cast<Head*>(region_.data())),
      ring_(reinterpret_cast<char*>(region_.data() + head_room)) {
  static_assert(sizeof(Head) <= head_room);
}

Mailbox::Mailbox(std::string_view name, std::size_t size)
    : Mailbox(Region::create(name, head_room + size), make_doorbell(), size) {
  ::new (static_cast<void*>(head_)) Head;
}

Mailbox::Mailbox(UniqueFd region, UniqueFd doorbell, std::size_t size)
    : Mailbox(Region::adopt(std::move(region), head_room + size), std::move(doorbell), size) {}

void Mailbox::copy_in(std::uint64_t at, Bytes bytes) {
  const std::size_t place = at & (size_ - 1);
  const std::size_t first = std::min(bytes.size(), size_ - place);
  std::memcpy(ring_ + place, bytes.data(), first);
  std::memcpy(ring_, bytes.data() + first, bytes.size() - first);
}

void Mailbox::copy_out(std::uint64_t at, char* into, std::size_t size) const {
  const std::size_t place = at & (size_ - 1);
  const std::size_t first = std::min(size, size_ - place);
  std::memcpy(into, ring_ + place, first);
  std::memcpy(into + first, ring_, size - first);
}

bool Mailbox::put(Bytes message) {
  if (message.size() > largest_message) return false;
  {
    const auto held = head_->writers.lock_or_repair([] {});
    const std::uint64_t end = head_->end.load(std::memory_order_relaxed);
    const std::uint64_t used = end - head_->begin.load(std::memory_order_acquire);
    if (used > size_ || size_ - used < length_size + message.size()) return false;
    const auto length = static_cast<std::uint32_t>(message.size());
    char bytes[length_size];
    std::memcpy(bytes, &length, length_size);
    copy_in(end, {bytes, length_size});
    copy_in(end + length_size, message);
    // Ordered before `asleep` is read, as fall_asleep() writes that before it looks here.
    head_->end.store(end + length_size + message.size(), std::memory_order_seq_cst);
  }
  if (head_->asleep.load(std::memory_order_seq_cst) != 0 &&
      head_->asleep.exchange(0, std::memory_order_seq_cst) != 0) {
    const std::uint64_t one = 1;
    // It fails if it rings already.
    [[maybe_unused]] const ssize_t done = ::write(doorbell_.get(), &one, sizeof one);
  }
  return true;
}

bool Mailbox::take(std::string& message) {
  const std::uint64_t begin = head_->begin.load(std::memory_order_relaxed);
  const std::uint64_t there = head_->end.load(std::memory_order_acquire) - begin;
  if (there < length_size) return false;
  std::uint32_t length = 0;
  copy_out(begin, reinterpret_cast<char*>(&length), length_size);
  if (there > size_ || length > largest_message || length > there - length_size) {
    // No writer of ours writes such a thing; whoever damaged the memory is neither to lead us out
    // of it nor to hold us here for ever.
    head_->begin.store(begin + there, std::memory_order_release);
    return false;
  }
  message.resize(length);
  copy_out(begin + length_size, message.data(), length);
  head_->begin.store(begin + length_size + length, std::memory_order_release);
  return true;
}

bool Mailbox::fall_asleep() {
  head_->asleep.store(1, std::memory_order_seq_cst);
  if (head_->end.load(std::memory_order_seq_cst) == head_->begin.load(std::memory_order_relaxed)) {
    return true;
  }
  head_->asleep.store(0, std::memory_order_relaxed);
  return false;
}

void Mailbox::wake_up() {
  std::uint64_t rings = 0;
  [[maybe_unused]] const ssize_t done = ::read(doorbell_.get(), &rings, sizeof rings);
}

}  // namespace reprise::shm

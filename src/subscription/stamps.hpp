#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace reprise::subscription {

// The newest signed packets of each node, beyond its own life: what was heard once is not believed
// again. In shared memory, all zero at first; used by one process at a time, which may die.
class Stamps {
public:
  // Of a node's `unix` field. A leave carries the second after the one it was sent in, so an
  // announce that carries the same is the later one.
  bool is_new(std::uint64_t node, bool leaves, std::uint64_t unix) const;
  void note(std::uint64_t node, bool leaves, std::uint64_t unix);

  // Never 0.
  static std::uint64_t id_of(std::string_view key, std::string_view address);

  static constexpr std::size_t capacity = 8192;
  static constexpr std::size_t probes = 32;  // places that one node may have

private:
  struct Entry {
    std::atomic<std::uint64_t> node{0};  // written last
    std::atomic<std::uint64_t> announced{0};
    std::atomic<std::uint64_t> left{0};
    std::uint64_t newest() const;
  };

  std::array<Entry, capacity> entries_;
  std::atomic<std::uint64_t> floor_{0};  // of nodes that have no entry (any more)
};

}  // namespace reprise::subscription

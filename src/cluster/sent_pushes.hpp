#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "base/bytes.hpp"

namespace reprise::cluster {

// Which keys the last pushes of this node told of: not what they said, for whoever lost one is told
// what is there now. Bounded; the oldest go.
class SentPushes {
public:
  static constexpr std::size_t most = 16384;
  static constexpr std::size_t most_bytes = std::size_t{8} << 20;

  // A key of the push that is being made, and whether it tells that it was erased. Keys of 65,535
  // bytes at most.
  void add(Bytes key, bool erased);
  // It leaves, under this number; they rise.
  void sent(std::uint64_t push);
  void clear();

  // Shows the keys of a push, by `each(key, erased)`; false if it is not known any more, or not yet.
  template <class F>
  bool show(std::uint64_t push, F&& each) const;

private:
  struct Push {
    std::uint64_t number;
    std::string keys;  // each behind its length, and whether it was erased
  };
  static constexpr std::size_t prefix = 3;
  static std::size_t length_at(Bytes keys) {
    return static_cast<unsigned char>(keys[0]) |
           static_cast<std::size_t>(static_cast<unsigned char>(keys[1])) << 8;
  }

  std::string making_;
  std::deque<Push> pushes_;
  std::size_t bytes_ = 0;
};

template <class F>
bool SentPushes::show(std::uint64_t push, F&& each) const {
  if (pushes_.empty() || push < pushes_.front().number) return false;
  const std::uint64_t place = push - pushes_.front().number;
  if (place >= pushes_.size()) return false;
  for (Bytes keys = pushes_[place].keys; !keys.empty();) {
    const std::size_t length = length_at(keys);
    each(keys.substr(prefix, length), keys[2] != 0);
    keys.remove_prefix(prefix + length);
  }
  return true;
}

}  // namespace reprise::cluster

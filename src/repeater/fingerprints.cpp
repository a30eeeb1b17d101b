#include "repeater/fingerprints.hpp"

#include <bit>
#include <cstring>

namespace reprise::repeater {
namespace {

class SipState {
public:
  explicit SipState(const SipKey& key)
      : a_(key[0] ^ 0x736f6d6570736575),
        b_(key[1] ^ 0x646f72616e646f6d),
        c_(key[0] ^ 0x6c7967656e657261),
        d_(key[1] ^ 0x7465646279746573) {}

  void take(std::uint64_t word) {
    d_ ^= word;
    round();
    round();
    a_ ^= word;
  }

  std::uint64_t finish() {
    c_ ^= 0xff;
    for (int i = 0; i < 4; ++i)
      round();
    return a_ ^ b_ ^ c_ ^ d_;
  }

private:
  void round() {
    a_ += b_, b_ = std::rotl(b_, 13) ^ a_, a_ = std::rotl(a_, 32);
    c_ += d_, d_ = std::rotl(d_, 16) ^ c_;
    a_ += d_, d_ = std::rotl(d_, 21) ^ a_;
    c_ += b_, b_ = std::rotl(b_, 17) ^ c_, c_ = std::rotl(c_, 32);
  }

  std::uint64_t a_, b_, c_, d_;
};

}  // namespace

std::uint64_t siphash(const SipKey& key, Bytes bytes) {
  static_assert(std::endian::native == std::endian::little);
  SipState state(key);
  std::size_t at = 0;
  std::uint64_t word = 0;
  for (; at + sizeof word <= bytes.size(); at += sizeof word) {
    std::memcpy(&word, bytes.data() + at, sizeof word);
    state.take(word);
  }
  word = 0;
  std::memcpy(&word, bytes.data() + at, bytes.size() - at);
  state.take(word | std::uint64_t{bytes.size()} << 56);
  return state.finish();
}

bool Fingerprints::note(std::uint64_t hash, unsigned source, Rule rule, Moment now) {
  constexpr unsigned tag_shift = time_bits + source_bits;
  constexpr std::uint64_t source_mask = (1 << source_bits) - 1;
  const std::uint64_t second = now / 1000 & time_mask;
  const std::uint64_t tag = hash >> tag_shift;
  const std::uint64_t wanted = tag << tag_shift | second << source_bits | source;
  const auto age_of = [&](std::uint64_t entry) {
    if (entry == 0) return time_mask + 1;
    const std::uint64_t age = (second - (entry >> source_bits)) & time_mask;
    return age == time_mask ? 0 : age;  // of a process whose clock was read a moment later
  };
  const std::uint64_t window = rule == Rule::once ? sealed_window : plain_window;
  auto& bucket = buckets_[hash % buckets].entries;
  for (;;) {
    Entry* place = nullptr;
    std::uint64_t there = 0;
    bool known = false;
    for (Entry& entry : bucket) {
      const std::uint64_t value = entry.load(std::memory_order_relaxed);
      known = value != 0 && value >> tag_shift == tag && age_of(value) <= window;
      if (known || place == nullptr || age_of(value) > age_of(there)) place = &entry, there = value;
      if (known) break;
    }
    const bool by_another = (there & source_mask) != source;
    if (known && (rule == Rule::once || (rule == Rule::once_around && by_another))) return false;
    // Who was quicker may have brought the same.
    if (place->compare_exchange_strong(there, wanted, std::memory_order_relaxed)) return true;
  }
}

}  // namespace reprise::repeater

#pragma once

#include <array>
#include <cstdint>

namespace reprise::cluster {

// Which counters of a sender have been seen: the newest, and of those below it the last few
// thousand; anything older counts as seen. Datagrams may come in any order within that.
class ReplayWindow {
public:
  static constexpr std::uint64_t size = 4096;

  enum class Verdict { fresh, seen, too_old };

  Verdict judge(std::uint64_t counter) const {
    if (counter > newest_) return Verdict::fresh;
    if (newest_ - counter >= size) return Verdict::too_old;
    return (word(counter) & bit(counter)) != 0 ? Verdict::seen : Verdict::fresh;
  }

  void mark(std::uint64_t counter) {
    if (counter > newest_) {
      const std::uint64_t steps = counter - newest_;
      if (steps >= size) {
        words_.fill(0);
      } else {
        for (std::uint64_t between = newest_ + 1; between < counter; ++between)
          word(between) &= ~bit(between);
      }
      newest_ = counter;
    } else if (newest_ - counter >= size) {
      return;
    }
    word(counter) |= bit(counter);
  }

  // All up to `counter` count as seen; more may be already.
  void forget_until(std::uint64_t counter) {
    if (counter >= newest_) {
      words_.fill(~std::uint64_t{0});
      newest_ = counter;
      return;
    }
    const std::uint64_t oldest = newest_ >= size ? newest_ - size + 1 : 0;
    for (std::uint64_t seen = oldest; seen <= counter; ++seen)
      word(seen) |= bit(seen);
  }

  std::uint64_t newest() const { return newest_; }

private:
  std::uint64_t& word(std::uint64_t counter) { return words_[counter % size / 64]; }
  const std::uint64_t& word(std::uint64_t counter) const { return words_[counter % size / 64]; }
  static std::uint64_t bit(std::uint64_t counter) { return std::uint64_t{1} << (counter % 64); }

  std::uint64_t newest_ = 0;  // counters begin at 1
  std::array<std::uint64_t, size / 64> words_{};
};

}  // namespace reprise::cluster

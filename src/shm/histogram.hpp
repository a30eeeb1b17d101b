#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "shm/counter.hpp"

namespace reprise::shm {

// How long something took, in shared memory: eight steps for each doubling, so what is read of it
// is at most an eighth too large. From 1 microsecond to more than an hour; longer counts as that.
class Histogram {
public:
  void add(std::uint64_t microseconds) noexcept { steps_[step_of(microseconds)].add(); }

  void add(const Histogram& other) noexcept {
    for (std::size_t step = 0; step < size; ++step)
      steps_[step].add(other.steps_[step].get());
  }

  void clear() noexcept {
    for (Counter& step : steps_)
      step.set(0);
  }

  // `p50` and so on: so many microseconds were enough for so many percent.
  struct Summary {
    std::uint64_t count = 0, p50 = 0, p90 = 0, p99 = 0;
  };
  Summary summary() const noexcept {
    Summary out;
    for (const Counter& step : steps_)
      out.count += step.get();
    out.p50 = enough_for(out.count, 50);
    out.p90 = enough_for(out.count, 90);
    out.p99 = enough_for(out.count, 99);
    return out;
  }

private:
  static constexpr std::size_t fine = 8;  // below this each number has a step of its own
  static constexpr std::size_t doublings = 29;
  static constexpr std::size_t size = fine + fine * doublings;

  static std::size_t step_of(std::uint64_t value) noexcept {
    if (value < fine) return value;
    const auto doubling = static_cast<std::size_t>(std::bit_width(value)) - 4;
    const std::size_t step = fine + doubling * fine + (value >> doubling) - fine;
    return step < size ? step : size - 1;
  }
  // The largest number that belongs to a step.
  static std::uint64_t end_of(std::size_t step) noexcept {
    if (step < fine) return step;
    const std::size_t doubling = (step - fine) / fine;
    return ((fine + (step - fine) % fine + 1) << doubling) - 1;
  }
  std::uint64_t enough_for(std::uint64_t count, std::uint64_t percent) const noexcept {
    const std::uint64_t wanted = (count * percent + 99) / 100;
    if (wanted == 0) return 0;
    std::uint64_t passed = 0;
    for (std::size_t step = 0; step < size; ++step) {
      passed += steps_[step].get();
      if (passed >= wanted) return end_of(step);
    }
    return end_of(size - 1);
  }

  Counter steps_[size];
};

}  // namespace reprise::shm

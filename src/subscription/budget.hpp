#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <unordered_map>

namespace reprise::subscription {

// How many packets each source may still send: a node announces each of its keys every few seconds.
class Budget {
public:
  using Clock = std::chrono::steady_clock;

  static constexpr double per_second = 1000;
  static constexpr double at_once = 8192;
  static constexpr std::size_t most_sources = 4096;  // more of them share one budget

  // Takes one packet off the budget of `source`; false if nothing is left of it.
  bool take(std::uint64_t source, Clock::time_point now) {
    if (sources_.size() >= most_sources && !sources_.contains(source)) {
      forget_idle(now);
      if (sources_.size() >= most_sources) source = shared;
    }
    Account& account = sources_.try_emplace(source, Account{at_once, now}).first->second;
    refill(account, now);
    if (account.left < 1) return false;
    account.left -= 1;
    return true;
  }

private:
  static constexpr std::uint64_t shared = 0;
  struct Account {
    double left;
    Clock::time_point at;
  };

  static void refill(Account& account, Clock::time_point now) {
    const std::chrono::duration<double> passed = now - account.at;
    account.left = std::min(at_once, account.left + passed.count() * per_second);
    account.at = now;
  }

  // Those whose budget is whole again.
  void forget_idle(Clock::time_point now) {
    if (now < next_look_) return;
    next_look_ = now + std::chrono::seconds(1);
    for (auto entry = sources_.begin(); entry != sources_.end();) {
      refill(entry->second, now);
      entry = entry->second.left >= at_once ? sources_.erase(entry) : std::next(entry);
    }
  }

  std::unordered_map<std::uint64_t, Account> sources_;
  Clock::time_point next_look_{};
};

}  // namespace reprise::subscription

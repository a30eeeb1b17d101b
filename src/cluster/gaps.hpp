#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "cluster/clock.hpp"
#include "cluster/healing_messages.hpp"

namespace reprise::cluster {

// Which pushes of one name did not come, and what became of asking for them again. What was pushed
// before the first that is heard of is nobody's loss: the comparison of caches finds it.
class Gaps {
public:
  static constexpr std::size_t most = 4096;
  static constexpr Moment patience = 20;  // others may overtake it
  static constexpr Moment between_asks = 200;
  static constexpr unsigned asks = 3;

  // A push came.
  void arrived(std::uint64_t push, Moment now);
  // Its sender has sent so many.
  void told(std::uint64_t last, Moment now);

  enum class End { repaired, gone };
  // What was asked for came, or its sender knows no more of it. False: it was not missing.
  bool ended(std::uint64_t push, End end);

  // What is to be asked for now; it counts as asked. `lost`, `given_up`: how many are asked for the
  // first time, or will not be again.
  struct Due {
    std::vector<PushRange> ranges;
    std::uint64_t lost = 0;
    std::uint64_t given_up = 0;
  };
  Due due(Moment now);
  bool is_open() const { return !missing_.empty() || overflown_ > 0; }

  // Nothing is missing for all that others know.
  void nothing_is_missing() { given_up_ = 0; }
  // Missing now, or given up since.
  std::uint64_t missing() const { return missing_.size() + given_up_ + overflown_; }
  // That came or were told of.
  std::uint64_t newest() const { return newest_; }
  // From the first that was heard of to the newest.
  std::uint64_t sent() const { return newest_ - before_; }

private:
  struct Gap {
    Moment ask_at = 0;
    unsigned asked = 0;
  };

  void advance(std::uint64_t newest, Moment now);

  bool begun_ = false;
  std::uint64_t before_ = 0;  // the first that was heard of
  std::uint64_t newest_ = 0;
  std::map<std::uint64_t, Gap> missing_;
  std::uint64_t overflown_ = 0;  // there was no room to remember them
  std::uint64_t given_up_ = 0;
};

}  // namespace reprise::cluster

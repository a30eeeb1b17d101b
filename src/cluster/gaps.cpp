#include "cluster/gaps.hpp"

#include <algorithm>
#include <utility>

namespace reprise::cluster {
namespace {

// A number beyond that is a slip, or a lie.
constexpr std::uint64_t most_believed = std::uint64_t{1} << 20;

}  // namespace

void Gaps::arrived(std::uint64_t push, Moment now) {
  if (!begun_) {
    begun_ = true;
    newest_ = before_ = push - 1;
  }
  if (push <= newest_) {
    missing_.erase(push);
    return;
  }
  advance(push - 1, now);
  newest_ = push;
}

void Gaps::told(std::uint64_t last, Moment now) {
  if (!begun_) {
    begun_ = true;
    newest_ = before_ = last;
  }
  if (last > newest_) advance(last, now);
}

// All up to `newest` that are not known are missing.
void Gaps::advance(std::uint64_t newest, Moment now) {
  const std::uint64_t count = newest - newest_;
  const std::uint64_t room = most - missing_.size();
  const std::uint64_t kept = std::min(count, room);
  overflown_ += std::min(count - kept, most_believed);
  for (std::uint64_t push = newest - kept + 1; push <= newest; ++push)
    missing_.emplace(push, Gap{now + patience});
  newest_ = newest;
}

bool Gaps::ended(std::uint64_t push, End end) {
  if (missing_.erase(push) == 0) return false;
  if (end == End::gone) ++given_up_;
  return true;
}

Gaps::Due Gaps::due(Moment now) {
  Due due;
  due.lost = due.given_up = overflown_;
  given_up_ += std::exchange(overflown_, 0);
  for (auto gap = missing_.begin(); gap != missing_.end();) {
    auto& [push, state] = *gap;
    if (state.ask_at > now) {
      ++gap;
      continue;
    }
    if (state.asked == asks) {
      ++due.given_up;
      ++given_up_;
      gap = missing_.erase(gap);
      continue;
    }
    const bool continues = !due.ranges.empty() &&
                           due.ranges.back().first + due.ranges.back().count == push &&
                           due.ranges.back().count < 0xffff;
    if (!continues && due.ranges.size() == Lost::most) break;
    if (state.asked == 0) ++due.lost;
    ++state.asked;
    state.ask_at = now + between_asks;
    if (continues) {
      ++due.ranges.back().count;
    } else {
      due.ranges.push_back({push, 1});
    }
    ++gap;
  }
  return due;
}

}  // namespace reprise::cluster

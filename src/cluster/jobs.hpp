#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_set>
#include <utility>

#include "cluster/clock.hpp"
#include "seal/keys.hpp"

namespace reprise::cluster {

// Something that one member is to be sent, so that it has the same sessions.
struct Job {
  enum class What : std::uint8_t { repair, compare, list, give, say_erased, fill } what;
  seal::SenderName to{};
  std::uint64_t number = 0;  // a push, bucket, leaf, fingerprint or cursor
  std::uint8_t datagrams = 0;
};

// What waits to be sent, in the order in which it was asked for. No addressee has more of it than
// there is room left, so that one that asks for very much leaves room for the others. What waits,
// or was done a moment ago, is not done again for being asked for again.
class Jobs {
public:
  static constexpr std::size_t most = 131072;
  // Whoever did not get it asks again after more than that.
  static constexpr Moment memory = 100;

  // False if it is not needed, or there is no room.
  bool add(const Job& job, Moment now);
  // The next one, which is done by that.
  std::optional<Job> next(Moment now);
  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }

private:
  struct Key {
    seal::SenderName to;
    Job::What what;
    std::uint64_t number;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  void forget(Moment now);

  std::deque<Job> waiting_;
  std::map<seal::SenderName, std::size_t> waiting_of_;
  std::unordered_set<Key, Hash> known_;  // those that wait, and those that were done
  std::deque<std::pair<Moment, Key>> done_;
};

}  // namespace reprise::cluster

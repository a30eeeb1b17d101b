#pragma once

#include <chrono>

#include "cache/owner.hpp"
#include "cluster/clock.hpp"
#include "cluster/messages.hpp"
#include "cluster/tombstones.hpp"
#include "sync/intake.hpp"

namespace reprise::cluster {

// The cache as the cluster sees it: what other members tell goes in, what they are told comes out.
// Times of day never travel, only what is left.
class Contents {
public:
  // References outlive this. `longest`: what a session lives at most.
  Contents(cache::Cache& cache, sync::Intake& intake, std::chrono::milliseconds longest)
      : cache_(cache), intake_(intake), longest_(longest) {}

  // What came, `age` after it was said. Why it changes nothing.
  using Outcome = std::optional<sync::Rejection>;
  Outcome take(const Session& session, Moment age, Moment now, bool asked_for = false);
  Outcome take(const EraseSession& erased, Moment age, Moment now);
  Outcome take(const Item& item, Moment age, Moment now);
  Outcome take(const EraseItem& erased);
  // The same of what comes in a copy: nothing that is here goes for it, or is changed.
  Outcome copy(const Session& session, Moment age, Moment now);
  Outcome copy(const Item& item, Moment age, Moment now);

  // Appends the message that sets what the cache has now under a key. Nothing of what is gone, or
  // will be in a second, nor of what no datagram holds.
  enum class Described { whole, gone, too_large };
  Described describe(Bytes key, std::string& to);
  // Appends the message that erases a key, and holds it against being told again. False if no
  // datagram holds it.
  bool describe_erased(Bytes key, std::string& to, Moment now);

  // Appends the answer to whoever asks for a session. False if it is not here.
  bool answer(const AskToken& token, Bytes id, std::string& to);
  bool has(Bytes id) { return cache_.exists(id, unix_now()); }
  bool was_erased(Bytes id, Moment now) { return tombstones_.has(id, now); }

  // What a session lives at most.
  std::chrono::milliseconds longest() const { return longest_; }
  // The number that ids of this node's sessions have is kept with them.
  void keep_node(std::uint16_t node) { cache::set_owner(cache_, node); }
  std::uint64_t items() const { return cache_.counts().items; }

private:
  bool is_session(Bytes key) const;
  std::optional<std::uint32_t> left_of(const cache::Item& item) const;
  Outcome take(const Session& session, Moment age, Moment now, sync::Existing existing,
               bool asked_for);
  Outcome store_copied(const sync::Change& change, UnixSeconds now);
  Outcome store(Bytes key, Bytes value, std::uint32_t left, Moment age, sync::Existing existing,
                bool asked_for = false);

  cache::Cache& cache_;
  sync::Intake& intake_;
  std::chrono::milliseconds longest_;
  Tombstones tombstones_;
  cache::Item item_;
  std::string der_;
};

}  // namespace reprise::cluster

#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cache/owner.hpp"
#include "cluster/clock.hpp"
#include "cluster/holdings.hpp"
#include "cluster/messages.hpp"
#include "cluster/tombstones.hpp"
#include "seal/session_name.hpp"
#include "sync/intake.hpp"

namespace reprise::cluster {

// The cache as the cluster sees it: what other members tell goes in, what they are told comes out.
// Times of day never travel, only what is left.
class Contents {
public:
  // References outlive this. `longest`: what a session lives at most; 0: there are none. `names`:
  // what ids of sessions are made with. Throws std::runtime_error if OpenSSL fails.
  Contents(cache::Cache& cache, sync::Intake& intake, std::chrono::milliseconds longest,
           const seal::NameKeyList& names, Tombstones& tombstones)
      : cache_(cache),
        intake_(intake),
        longest_(longest),
        names_(names),
        tombstones_(tombstones),
        holdings_(static_cast<std::size_t>(cache.settings().max_items)) {
    der_.reserve(sync::largest_datagram);
  }

  // How something came: a copy of what others had before makes nothing that is here go for room.
  enum class Told { pushed, asked_for, copied };

  // What came, `age` after it was said. Why it changes nothing.
  using Outcome = std::optional<sync::Rejection>;
  Outcome take(const Session& session, Moment age, Moment now, Told how = Told::pushed);
  Outcome take(const EraseSession& erased, Moment age, Moment now);
  Outcome take(const Item& item, Moment age, Moment now, Told how = Told::pushed);
  Outcome take(const EraseItem& erased);
  // A session that is here was erased elsewhere.
  void take_erased(Fingerprint fingerprint, Moment now);

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
  bool was_erased(Fingerprint id, Moment now) { return tombstones_.has(id, now); }

  // What a session lives at most.
  std::chrono::milliseconds longest() const { return longest_; }
  // The number that ids of this node's sessions have is kept with them.
  void keep_node(std::uint16_t node) { cache::set_owner(cache_, node); }
  std::uint64_t items() const { return cache_.counts().items; }

  // The sessions that are here. Known after a while, and right within a minute where the cache
  // changes without a word: items that make room for others, changes that were not handed over.
  const Holdings& holdings() const { return holdings_; }
  bool is_known() const { return is_known_; }
  // Everything is to be looked through again.
  void look_again() {
    if (is_known_) looked_at_ = {};
    is_known_ = false;
  }
  // To be called every hundred milliseconds or so.
  void tick(Moment now);
  // The newest sessions count at once.
  void count_all() { holdings_.count_all(); }
  // The cache has no room, or makes some.
  bool is_full() const { return is_full_; }

private:
  void look_through_cache(std::size_t items);
  void look_through_holdings(std::size_t items);
  void look_whether_full(Moment now);
  void note_full();
  bool has_sessions() const { return longest_.count() > 0; }
  bool is_session(Bytes key);
  void note_told(Bytes id);
  std::uint32_t longest_hold() const;
  std::optional<std::uint32_t> left_of(const cache::Item& item) const;
  enum class Kind { item, session };
  Outcome store(Kind kind, Bytes key, Bytes value, std::uint32_t left, Moment age, Told how);

  cache::Cache& cache_;
  sync::Intake& intake_;
  std::chrono::milliseconds longest_;
  seal::SessionNames names_;
  Tombstones& tombstones_;
  cache::Item item_;
  std::string der_;

  Holdings holdings_;
  Moment now_ = 0;  // at the last tick
  bool is_known_ = false;
  cache::KeyCursor looked_at_;
  std::uint32_t checked_ = 0;
  std::vector<cache::ItemFacts> found_;
  std::vector<seal::SessionName> ids_;
  std::uint64_t evicted_ = 0;
  Moment full_until_ = 0;
  bool is_full_ = false;
};

}  // namespace reprise::cluster

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "cluster/clock.hpp"
#include "cluster/fingerprint.hpp"
#include "seal/session_name.hpp"

namespace reprise::cluster {

// Which sessions a cache holds, as far as its keeper knows: their ids alone. Two nodes find out what
// one of them lacks by sums over ids that begin alike, in two steps (SEALED.md, "Healing"); a node
// that joins takes them from the newest on. A session counts in the sums from its second second to
// its last five, so that two nodes that have the same ones agree. In the memory of this process,
// some 60 bytes for each.
class Holdings {
public:
  static constexpr unsigned buckets = 128;
  static constexpr unsigned leaves_of_bucket = 128;
  static constexpr unsigned leaves = buckets * leaves_of_bucket;
  using Sums = std::array<std::uint64_t, buckets>;

  static constexpr unsigned leaf_shift = 50;  // of a fingerprint
  static unsigned leaf_of(Fingerprint fingerprint) {
    return static_cast<unsigned>(fingerprint >> leaf_shift);
  }

  // `most`: what the cache holds at most. One more, and the one that ends first is not known any
  // longer.
  explicit Holdings(std::size_t most);

  // One that is known ends when it is said to. `ends`: 0 is never. `id` has 32 bytes. `old`: others
  // have had it for a while; it counts at once.
  void add(Bytes id, UnixSeconds ends, Moment now, bool old = false);
  void remove(Bytes id);
  void remove(Fingerprint fingerprint);
  // Newcomers begin to count, those at their end cease to, those beyond it go.
  void tick(Moment now, UnixSeconds wall);
  // Newcomers count at once.
  void count_all();
  bool all_count() const { return fresh_.empty(); }

  std::size_t size() const { return size_; }
  std::uint64_t root() const;
  const Sums& bucket_sums() const { return bucket_sums_; }
  // `bucket` is less than `buckets`.
  Sums leaf_sums(unsigned bucket) const;
  // Those that count of a leaf, in order.
  void list(unsigned leaf, std::vector<Fingerprint>& into) const;

  // The id; nothing if it is not known.
  std::optional<seal::SessionName> find(Fingerprint fingerprint) const;

  // Goes through all from the one that ends last to the one that ends first, `most` at a time.
  // Cursor 0 begins; the result 0 says that there are no more. A cursor may be anything.
  std::uint64_t newest(std::uint64_t cursor, std::size_t most,
                       std::vector<seal::SessionName>& into) const;

  // Some of all in no order, round and round: where to go on the next time.
  std::uint32_t some(std::uint32_t from, std::size_t most,
                     std::vector<seal::SessionName>& into) const;

private:
  using Handle = std::uint32_t;  // 0: none
  enum class State : std::uint8_t { free, fresh, counted, ending };
  struct Entry {
    seal::SessionName id{};
    std::uint32_t ends = 0;
    Handle next = 0;   // in its place of the table; of the free ones
    Handle later = 0;  // of those that end in the same second
    Handle sooner = 0;
    State state = State::free;
  };

  Entry& entry(Handle handle) { return entries_[handle - 1]; }
  const Entry& entry(Handle handle) const { return entries_[handle - 1]; }
  std::size_t place_of(Fingerprint fingerprint) const { return fingerprint >> (64 - bits_); }
  Handle handle_of(Fingerprint fingerprint) const;
  void count(Entry& entry, State state);
  void remove(Handle handle);

  unsigned bits_;
  std::size_t most_;
  std::size_t size_ = 0;
  std::vector<Handle> table_;
  std::deque<Entry> entries_;
  Handle free_ = 0;
  std::map<std::uint32_t, Handle> by_end_;  // the first of each second
  std::uint32_t ended_ = 0;                 // up to this second they do not count any more
  std::deque<std::pair<Moment, Fingerprint>> fresh_;
  Sums bucket_sums_{};
  std::vector<std::uint64_t> leaf_sums_;
};

}  // namespace reprise::cluster

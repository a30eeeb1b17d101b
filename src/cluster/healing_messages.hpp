#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "cluster/holdings.hpp"

namespace reprise::cluster {

// What members say to each other to have the same sessions (SEALED.md, "Healing").

struct PushRange {
  std::uint64_t first = 0;  // 48 bits
  std::uint16_t count = 0;
};

// To who sent them: these pushes did not come.
struct Lost {
  static constexpr std::size_t most = 64;
  std::vector<PushRange> ranges;
};

// What a push told of is told again in what stands before this; or cannot be any more.
struct Settled {
  std::uint64_t push = 0;
  bool gone = false;
};

// The sums over all sessions, or over those of one bucket.
struct Digest {
  std::optional<std::uint8_t> bucket;  // below Holdings::buckets
  Holdings::Sums sums{};
};

// All sessions of a leaf between two fingerprints, both included.
struct Listing {
  static constexpr std::size_t most = 128;
  std::uint16_t leaf = 0;  // below Holdings::leaves
  Fingerprint from = 0;
  Fingerprint to = 0;
  std::vector<Fingerprint> all;  // in order
};

// Sessions by their fingerprints: such as are wanted, or were erased.
struct Fingerprints {
  static constexpr std::size_t most = 128;
  std::vector<Fingerprint> all;
};

// Some datagrams of sessions are asked for, from the newest on; and where it goes on.
struct Fill {
  std::uint64_t cursor = 0;  // 0: at the newest
  std::uint8_t datagrams = 0;
};
struct FillEnd {
  std::uint64_t cursor = 0;  // 0: there are no more
};

void append(std::string& to, const Lost& message);
void append(std::string& to, const Settled& message);
void append(std::string& to, const Digest& message);
void append(std::string& to, const Listing& message);
void append_wanted(std::string& to, const Fingerprints& message);
void append_erased(std::string& to, const Fingerprints& message);
void append(std::string& to, const Fill& message);
void append(std::string& to, const FillEnd& message);

// The body of a message. Nothing if it is none, or names more than may be.
std::optional<Lost> read_lost(Bytes body);
std::optional<Settled> read_settled(Bytes body);
std::optional<Digest> read_digest(Bytes body);
std::optional<Listing> read_listing(Bytes body);
std::optional<Fingerprints> read_fingerprints(Bytes body);
std::optional<Fill> read_fill(Bytes body);
std::optional<FillEnd> read_fill_end(Bytes body);

}  // namespace reprise::cluster

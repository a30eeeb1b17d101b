#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "repeater/address.hpp"
#include "repeater/fingerprints.hpp"
#include "repeater/reason.hpp"
#include "shm/counter.hpp"
#include "shm/region.hpp"
#include "shm/robust_mutex.hpp"
#include "subscription/stamps.hpp"

namespace reprise::repeater {

// What the processes of one gateway share. Everything but counters and fingerprints is under the
// lock.

// By what right somebody is a member; a larger one is more.
enum class Right : std::uint32_t {
  none,
  cookie,      // returned what was sent to it: gets what is sealed, which tells it nothing
  trusted,     // announced itself from a network that is trusted: gets everything
  signed_for,  // with a signature
  configured,  // for ever
};
inline constexpr bool gets_everything(Right right) {
  return right >= Right::trusted;
}
// As the stats show it.
const char* name_of(Right right);

struct MemberRow {
  Address address;
  Right right = Right::none;  // none: the row is free
  std::uint32_t proved = 0;   // returned a cookie
  Moment since = 0;
  Moment cookie_at = 0;     // the last one that it returned; 0: none
  Moment announced_at = 0;  // the last announce that was believed; 0: none
  Right announced = Right::none;

  shm::Counter received, received_bytes;
  shm::Counter sent, sent_bytes;
  std::array<shm::Counter, reasons> rejected;
  std::atomic<std::uint64_t> rate{0};    // second << 32 | datagrams in it
  std::atomic<std::uint64_t> copies{0};  // second << 32 | copies in it

  void reject(Reason reason) { rejected[static_cast<std::size_t>(reason)].add(); }
};

struct RoomCounters {
  shm::Counter received, received_bytes;
  shm::Counter forwarded;  // datagrams, however many copies
  shm::Counter cookies;    // sent
  shm::Counter joined, left;
  shm::Counter failed;                         // for want of memory, and the like
  std::array<shm::Counter, reasons> rejected;  // of members, too

  void reject(Reason reason) { rejected[static_cast<std::size_t>(reason)].add(); }
};

struct Room {
  static constexpr unsigned most_members = 1024;
  static_assert(most_members <= Fingerprints::most_sources);

  std::uint64_t magic = 0;
  std::array<unsigned char, 32> cookie_key{};
  SipKey fingerprint_key{};
  std::atomic<std::uint64_t> asked_in_second{0};         // second << 32 | cookies sent in it
  std::array<std::atomic<std::uint64_t>, 8192> asked{};  // hash of an address, second
  shm::RobustMutex mutex;
  std::atomic<std::uint64_t> generation{1};  // of who is a member
  std::array<MemberRow, most_members> members{};
  subscription::Stamps stamps;
  RoomCounters counters;
  Fingerprints fingerprints;
};

// A room in memory that the processes share, made before the fork.
class SharedRoom {
public:
  // Draws keys. Throws std::system_error, or std::runtime_error without randomness.
  SharedRoom();
  // One that a former generation has handed over; another if it is of another program's.
  explicit SharedRoom(UniqueFd inherited);

  Room& operator*() const { return *room_; }
  Room* operator->() const { return room_; }
  int region_fd() const { return region_.fd(); }

private:
  void furnish();

  shm::Region region_;
  Room* room_;
};

}  // namespace reprise::repeater

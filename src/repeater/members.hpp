#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/line_allowance.hpp"
#include "repeater/room.hpp"

namespace reprise::repeater {

// Who is a member of a gateway, in its room. Any process may change it.
class Members {
public:
  static constexpr unsigned most_of_one_host = 16;
  // Whoever only returned a cookie leaves room for those whom somebody vouches for.
  static constexpr unsigned most_by_cookie = 768;

  // `room` outlives this.
  explicit Members(Room& room) : room_(room) {}

  // The members that the configuration names, Room::most_members at most; those that a former one
  // named stay until they are silent for too long, as if they had announced themselves. Others
  // make room if there is none, of the smallest right first.
  void configure(const std::vector<Address>& configured, Moment now);

  // Somebody returned the cookie of `address`; or announced it by this right, and returned its
  // cookie too (`proved`) or knows none. Why not, if it does not become a member.
  std::optional<Reason> returned_cookie(const Address& address, Moment now);
  std::optional<Reason> announced(const Address& address, Right right, bool proved, Moment now);

  // By a cookie, or a signature; or without any, which counts for those that returned none.
  enum class Proof { none, some };
  void leave(const Address& address, Proof proof);

  // What was signed is believed once: true if it is newer than what there was of its node.
  bool note_stamp(std::uint64_t node, bool leaves, std::uint64_t unix);

  // Who was silent for too long leaves.
  void sweep(Moment now);

  struct State {
    Address address;
    Right right = Right::none;
    bool proved = false;
    Moment since = 0;
    Moment heard = 0;  // of it, as a member
    const MemberRow* row = nullptr;
  };
  std::vector<State> snapshot() const;

private:
  using Held = shm::RobustMutex::Held;
  Held lock() const;
  MemberRow* find(const Address& address) const;
  struct Entry {
    MemberRow* row = nullptr;
    Reason reason = Reason::full;  // if there is none
  };
  Entry enter(const Address& address, Right right, Moment now);
  bool settle(MemberRow& row, Moment now);
  void remove(MemberRow& row);
  void make_room();
  void tell(const char* event, const Address& address, Right right);

  Room& room_;
  log::LineAllowance lines_{20};
};

}  // namespace reprise::repeater

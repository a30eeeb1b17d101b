#pragma once

#include <unordered_map>
#include <vector>

#include "repeater/members.hpp"

namespace reprise::repeater {

// The members as one process sees them, for looking up and sending without a lock. As they were
// when it was last refreshed.
class Roster {
public:
  struct Entry {
    unsigned number = 0;  // of its row
    Address address;
    net::Endpoint endpoint;
    Right right = Right::none;
    MemberRow* row = nullptr;
  };

  // `room` outlives this.
  explicit Roster(Room& room) : room_(room), members_(room) {}

  // True if there were changes; what find() gave is invalid then.
  bool refresh();

  const std::vector<Entry>& all() const { return entries_; }

  // Null if nobody has exactly that address, or that number.
  const Entry* find(const Address& address) const;
  const Entry* find(unsigned number) const;

  // Members of one host who get everything; nodes may send from any port.
  struct OfHost {
    const Entry* first = nullptr;  // null: none
    bool alone = false;
  };
  OfHost of_host(const Address& address) const;

private:
  Room& room_;
  Members members_;
  std::uint64_t generation_ = 0;
  std::vector<Entry> entries_;
  std::unordered_map<Address, std::size_t, AddressHash> by_address_;
  std::unordered_map<unsigned, std::size_t> by_number_;
  struct Host {
    std::size_t first;
    std::size_t members;
  };
  std::unordered_map<Address, Host, AddressHash> hosts_;
};

}  // namespace reprise::repeater

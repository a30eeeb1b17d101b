#pragma once

#include "repeater/announces.hpp"
#include "repeater/cookies.hpp"
#include "repeater/names.hpp"
#include "repeater/output.hpp"
#include "seal/envelope.hpp"

namespace reprise::repeater {

// What a gateway does with a datagram: the rules of the repeater without sockets and clocks. What
// comes from members goes to the others, unchanged; everybody else may become a member, and is
// sent nothing but a cookie, which is smaller than what asked for it.
class Forwarder {
public:
  static constexpr std::uint64_t each_second = 50'000;  // datagrams of one member
  static constexpr std::uint64_t bulk_each_second = each_second / 2;
  // That are made of what somebody sends who only returned a cookie.
  static constexpr std::uint64_t copies_each_second = 100'000;
  static constexpr int farthest = 16;  // routers and repeaters between a node and another

  // References outlive this.
  Forwarder(Room& room, const Trust& trust, Output& output);

  // To be called before each batch: who is a member, then.
  void refresh() noexcept;

  // What came to the address that is forwarded at. `hops` as it arrived.
  void take(Bytes datagram, const net::Endpoint& from, int hops, Moment now) noexcept;
  // What came to a server of announces.
  void take_announce(Bytes datagram, const net::Endpoint& from, Moment now) noexcept;

  void sweep(Moment now) noexcept;

private:
  using Outcome = std::optional<Reason>;
  struct Arrival {
    Bytes datagram;
    const net::Endpoint& from;
    Address address;
    int hops;
    Moment now;
  };
  template <class Consider>
  void count(Bytes datagram, Consider consider) noexcept;
  Outcome consider(const Arrival& arrival);
  Outcome consider_clear(const Arrival& arrival);
  Outcome consider_sealed(const Arrival& arrival);
  Outcome consider_plain(const Arrival& arrival);
  Outcome consider_announce(const Arrival& arrival);
  Outcome send_cookie(const Address& address, Moment now);
  struct Terms {
    std::uint64_t each_second;  // such datagrams of one member
    std::uint64_t copies;       // that are to be made
    Fingerprints::Rule rule;
  };
  Outcome admit(const Roster::Entry& sender, const Arrival& arrival, const Terms& terms);
  void forward_to_all(const Arrival& arrival, const Roster::Entry* except, bool sealed);

  Room& room_;
  Output& output_;
  Members members_;
  Roster roster_;
  Cookies cookies_;
  const Trust& trust_;
  Announces announces_;
  Names names_;
};

}  // namespace reprise::repeater

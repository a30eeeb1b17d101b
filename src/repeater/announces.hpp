#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "repeater/cookies.hpp"
#include "repeater/members.hpp"
#include "repeater/roster.hpp"
#include "subscription/announcement.hpp"
#include "subscription/budget.hpp"
#include "subscription/signature.hpp"

namespace reprise::repeater {

// Whom a repeater believes without a cookie.
struct Trust {
  using Networks = std::function<bool(const net::Endpoint&)>;
  Networks may_announce;  // empty: everybody
  Networks is_trusted;    // without a signature
  std::optional<subscription::SignCheck> sign_check;
  std::chrono::seconds freshness{86400};  // age of what is signed
};

// Judges uWSGI's announces: who sends one, or a node of ours that can return a cookie besides,
// gets what is in the clear too, so somebody has to vouch for it: a signature, or the network.
// Members have bounds apart from everybody else's: whoever forges sources shuts none of them out.
class Announces {
public:
  static constexpr std::uint64_t checked_each_second = 1000;  // signatures; as many of members'

  // References outlive this. Throws std::runtime_error, with the place, for a digest or directory
  // that is none.
  Announces(Members& members, const Roster& roster, const Trust& trust);

  struct Verdict {
    std::optional<Reason> reason = {};         // why it changed nothing
    std::optional<Address> wants_cookie = {};  // where to send the one that it has to return
  };
  // `from` and `source` are the same.
  Verdict take(Bytes datagram, const net::Endpoint& from, const Address& source,
               const Cookies& cookies, Moment now);

private:
  using Outcome = std::optional<Reason>;
  struct Told {
    const subscription::Announcement& announcement;
    const net::Endpoint& from;
    Address address;  // that it is about
    bool is_own;      // of who sends it
    bool is_known;    // one of the two is a member's
    bool is_signed;
  };
  Outcome judge_unsigned(const Told& told);
  Outcome judge_signature(const Told& told, Moment now);
  bool is_fresh(const subscription::Announcement& announcement);
  void name_remedy(const net::Endpoint& from);

  Members& members_;
  const Roster& roster_;
  const Trust& trust_;
  std::optional<subscription::Verifier> verifier_;
  subscription::Budget of_members_, of_strangers_;
  std::atomic<std::uint64_t> checked_of_members_{0}, checked_of_strangers_{0};
  std::set<std::string> strangers_;  // whom the log has named
};

}  // namespace reprise::repeater

#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "repeater/cookies.hpp"
#include "repeater/members.hpp"
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
class Announces {
public:
  static constexpr std::uint64_t checked_each_second = 1000;  // signatures

  // References outlive this. Throws std::runtime_error, with the place, for a digest or directory
  // that is none.
  Announces(Members& members, const Trust& trust);

  struct Verdict {
    std::optional<Reason> reason = {};         // why it changed nothing
    std::optional<Address> wants_cookie = {};  // where to send the one that it has to return
  };
  // `from` and `source` are the same.
  Verdict take(Bytes datagram, const net::Endpoint& from, const Address& source,
               const Cookies& cookies, Moment now);

private:
  bool is_fresh(const subscription::Announcement& announcement);
  void name_remedy(const net::Endpoint& from);

  Members& members_;
  const Trust& trust_;
  std::optional<subscription::Verifier> verifier_;
  subscription::Budget budget_;
  std::atomic<std::uint64_t> checked_{0};
  std::set<std::string> strangers_;  // whom the log has named
};

}  // namespace reprise::repeater

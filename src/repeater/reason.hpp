#pragma once

#include <cstddef>

namespace reprise::repeater {

// Why a datagram was not forwarded, or not to one member, or an asker is none yet.
enum class Reason {
  not_member,      // nobody's who may send
  other_protocol,  // neither sealed nor of a cache nor an announce
  other_version,
  short_datagram,
  too_often,        // more than one member may send in a second
  bulk_shed,        // of bulk, half of that
  seen,             // it was here a moment ago: a repeat, or a loop
  far,              // has passed too many routers or repeaters
  returned,         // is for whoever is where it came from
  malformed,        // no whole SUBSCRIBE, LEAVE or announce
  wrong_cookie,     // none yet, or an old one: it was sent another
  cookie_shed,      // the same, and nothing was sent: it asks too often
  unlisted,         // announced from where nobody may (subscriptions-from)
  untrusted,        // announced without a signature, from outside udprepeater-trust
  other_source,     // announced without a signature for an address that is not the sender's
  announced_often,  // more announces than one source may send
  not_believed,     // a signature that is wrong
  stale,            // signed too long ago, or seen before
  too_many,         // members of one IP address
  full,             // no room for another member
  no_room,          // the kernel's, to send
  unreachable,      // no route, and the like
};
inline constexpr std::size_t reasons = 22;

// As the stats show it.
const char* name_of(Reason reason);

}  // namespace reprise::repeater

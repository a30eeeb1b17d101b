#pragma once

#include <cstddef>

namespace reprise::sync {

// Why what a peer told changed nothing. What its bytes alone show comes first.
enum class Rejection {
  short_packet,    // shorter than any packet
  other_protocol,  // not of the cache's
  wrong_size,      // a length in it does not agree with the others
  unknown_operation,
  bad_expiry,  // not decimal digits, or more than 64 bits
  no_key,
  no_value,
  empty_erase,  // uWSGI sends one for each slot of a cache that it clears
  own,          // this node sent it itself
  too_large,    // key or value, for this cache
  full,         // no room in the cache, and nothing made any
  unknown_key,  // of an erase
  present,      // of what does not replace: the key is there already
  erased,       // it was erased here: since the copy began, or told by a member
  expired,
  untrusted,  // what is not believed of a packet without a seal: who a client is
  failed,     // the cache could not be used
  // Of sealed datagrams.
  unsealed,         // a plain one, where a seal is asked for
  other_version,    // of the envelope, or a kind that this one does not have
  other_key,        // of another secret, cipher or cache
  other_addressee,  // for one member, not this one
  forged,           // not what its sender sealed, or not of a secret of ours
  replayed,         // its counter was seen
  too_old,          // its counter is below those that are remembered
  not_introduced,   // its sender has not proved that it is there now
  late,             // more than three seconds on the way
  malformed,        // sealed by a member, and yet not what it should be
  shed,             // more from unknown senders than is looked at
};
inline constexpr std::size_t rejections = 28;
inline constexpr std::size_t plain_rejections = 17;  // those before the first of sealed datagrams

// As the stats show it.
const char* name_of(Rejection reason);

}  // namespace reprise::sync

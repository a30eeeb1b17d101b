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
  erased,       // of what is copied: it was erased here since the copy began
  expired,
  untrusted,  // what is not believed of a packet without a seal: who a client is
  failed,     // the cache could not be used
};
inline constexpr std::size_t rejections = 17;

// As the stats show it.
const char* name_of(Rejection reason);

}  // namespace reprise::sync

#pragma once

#include <cstddef>

namespace reprise::subscription {

// Why what came changed nothing. What its bytes alone show comes first.
enum class Rejection {
  too_large,       // more than uWSGI reads
  malformed,       // no packet of this kind, or not a whole one
  bad_number,      // a number that is none, or too large
  bad_key,         // none, or with control characters
  long_key,        // above 255 bytes
  bad_address,     // none that one can connect to without asking a resolver
  unlisted,        // from where nobody may announce (subscriptions-from)
  too_often,       // more packets than one source may send
  foreign_socket,  // a unix socket's path from another host
  credentials,     // the kernel's word on the sender is missing, or the file is not theirs
  not_signed,
  bad_signature,
  stale,     // signed too long ago, or seen before
  too_many,  // nodes of one key, or of one source
  full,      // no room for another key or node
};
inline constexpr std::size_t rejections = 15;

// As the stats show it.
const char* name_of(Rejection reason);

}  // namespace reprise::subscription

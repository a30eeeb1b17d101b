#include "repeater/reason.hpp"

#include <array>

namespace reprise::repeater {

const char* name_of(Reason reason) {
  static constexpr std::array<const char*, reasons> names{
      "not_member",      "other_protocol", "other_version", "short_datagram", "too_often",
      "bulk_shed",       "seen",           "far",           "returned",       "malformed",
      "wrong_cookie",    "cookie_shed",    "unlisted",      "untrusted",      "other_source",
      "announced_often", "not_believed",   "stale",         "too_many",       "full",
      "no_room",         "unreachable"};
  return names[static_cast<std::size_t>(reason)];
}

}  // namespace reprise::repeater

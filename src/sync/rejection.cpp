#include "sync/rejection.hpp"

namespace reprise::sync {

const char* name_of(Rejection reason) {
  switch (reason) {
    case Rejection::short_packet:
      return "short_packet";
    case Rejection::other_protocol:
      return "other_protocol";
    case Rejection::wrong_size:
      return "wrong_size";
    case Rejection::unknown_operation:
      return "unknown_operation";
    case Rejection::bad_expiry:
      return "bad_expiry";
    case Rejection::no_key:
      return "no_key";
    case Rejection::no_value:
      return "no_value";
    case Rejection::empty_erase:
      return "empty_erase";
    case Rejection::own:
      return "own";
    case Rejection::too_large:
      return "too_large";
    case Rejection::full:
      return "full";
    case Rejection::unknown_key:
      return "unknown_key";
    case Rejection::present:
      return "present";
    case Rejection::erased:
      return "erased";
    case Rejection::expired:
      return "expired";
    case Rejection::untrusted:
      return "untrusted";
    case Rejection::failed:
      return "failed";
  }
  return "";
}

}  // namespace reprise::sync

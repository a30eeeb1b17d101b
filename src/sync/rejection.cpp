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
    case Rejection::unsealed:
      return "unsealed";
    case Rejection::other_version:
      return "other_version";
    case Rejection::other_key:
      return "other_key";
    case Rejection::other_addressee:
      return "other_addressee";
    case Rejection::forged:
      return "forged";
    case Rejection::replayed:
      return "replayed";
    case Rejection::too_old:
      return "too_old";
    case Rejection::not_introduced:
      return "not_introduced";
    case Rejection::late:
      return "late";
    case Rejection::malformed:
      return "malformed";
    case Rejection::shed:
      return "shed";
  }
  return "";
}

}  // namespace reprise::sync

#include "subscription/rejection.hpp"

namespace reprise::subscription {

const char* name_of(Rejection reason) {
  switch (reason) {
    case Rejection::too_large:
      return "too_large";
    case Rejection::malformed:
      return "malformed";
    case Rejection::bad_number:
      return "bad_number";
    case Rejection::bad_key:
      return "bad_key";
    case Rejection::long_key:
      return "long_key";
    case Rejection::bad_address:
      return "bad_address";
    case Rejection::unlisted:
      return "unlisted";
    case Rejection::too_often:
      return "too_often";
    case Rejection::foreign_socket:
      return "foreign_socket";
    case Rejection::credentials:
      return "credentials";
    case Rejection::not_signed:
      return "not_signed";
    case Rejection::bad_signature:
      return "bad_signature";
    case Rejection::stale:
      return "stale";
    case Rejection::too_many:
      return "too_many";
    case Rejection::full:
      return "full";
  }
  return "";
}

}  // namespace reprise::subscription

#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace reprise::sessions {

// What the DER of an OpenSSL session (SSL_SESSION_ASN1) tells of it, without decoding all of it.
struct SessionFacts {
  UnixSeconds created = 0;       // by the clock of the node that made it
  std::uint64_t lifetime = 0;    // seconds
  bool has_certificate = false;  // the client's
};

// Nothing if the bytes are no such DER, in the one form that OpenSSL writes. Takes well below a
// microsecond.
std::optional<SessionFacts> read_session(Bytes bytes);

}  // namespace reprise::sessions

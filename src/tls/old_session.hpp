#pragma once

#include <cstddef>

#include "base/bytes.hpp"

namespace reprise::tls {

// Which OpenSSL can resume what a listener makes, beside our own. See Settings.
enum class SessionForm { current, openssl_1_0 };

// Makes the DER of a session one that OpenSSL 1.0 decodes, in place: without the key exchange group
// ([19]), which is told to applications but not used by the library for TLS 1.2. Returns the new
// size. Sessions of TLS 1.3 and what is no session stay as they are, and so do other new fields:
// who does not know shorter records ([17]) must not resume a session of them.
std::size_t fit_openssl_1_0(Buffer der);

}  // namespace reprise::tls

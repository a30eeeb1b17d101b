#pragma once

#include <optional>

#include "tls/openssl.hpp"
#include "tls/stream.hpp"

namespace reprise::tls {

// The certificate that the client showed, now or when the resumed session was made. Nothing if it
// showed none. Throws std::bad_alloc.
std::optional<Peer> peer_of(SSL* ssl);

// A certificate's subject as uWSGI prints it: "/C=IT/O=Edge Test/CN=client one". Bytes that are not
// printable come out escaped.
std::string subject_line(X509* certificate);

}  // namespace reprise::tls

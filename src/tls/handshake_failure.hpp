#pragma once

#include "base/bytes.hpp"
#include "tls/counters.hpp"
#include "tls/openssl.hpp"

namespace reprise::tls {

// Why a handshake came to nothing.
enum class HandshakeFailure {
  plain_http,
  not_tls,
  timeout,
  closed,
  version,
  cipher,
  certificate,
  alert,
  other,
};

// `greeting` is the first bytes that came, `failure` what OpenSSL said; `closed`: the client went
// away. For everything but time-outs.
HandshakeFailure classify(Bytes greeting, const Failure& failure, bool closed);

// True if the bytes begin, or go on as, a request line of HTTP.
bool begins_http_request(Bytes greeting);

shm::Counter& counter_of(Counters& counters, HandshakeFailure failure);
const char* name_of(HandshakeFailure failure);

}  // namespace reprise::tls

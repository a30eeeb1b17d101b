#include "tls/handshake_failure.hpp"

#include <algorithm>
#include <string_view>

#include <openssl/err.h>
#include <openssl/sslerr.h>

namespace reprise::tls {
namespace {

constexpr std::string_view methods[] = {"GET ",   "HEAD ",    "POST ",  "PUT ",     "DELETE ",
                                        "PATCH ", "OPTIONS ", "TRACE ", "CONNECT ", "PRI "};

// OpenSSL wants this much before it says that something is no TLS.
constexpr std::size_t record_header = 5;

// A record of TLS, or a ClientHello of SSL 2.
bool begins_tls(Bytes greeting) {
  if (greeting.empty()) return true;
  const auto first = static_cast<unsigned char>(greeting.front());
  if (first >= 0x14 && first <= 0x17) return true;
  return (first & 0x80) != 0 && greeting.size() > 2 && greeting[2] == 1;
}

HandshakeFailure classify_reason(int reason) {
  switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_INAPPROPRIATE_FALLBACK:
      return HandshakeFailure::version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
      return HandshakeFailure::cipher;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return HandshakeFailure::certificate;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return HandshakeFailure::closed;
    default:
      return reason > SSL_AD_REASON_OFFSET ? HandshakeFailure::alert : HandshakeFailure::other;
  }
}

}  // namespace

bool begins_http_request(Bytes greeting) {
  if (greeting.size() < record_header) {
    return std::any_of(std::begin(methods), std::end(methods),
                       [&](std::string_view method) { return greeting.starts_with(method); });
  }
  return std::any_of(std::begin(methods), std::end(methods), [&](std::string_view method) {
    const std::size_t n = std::min(method.size(), greeting.size());
    return method.substr(0, n) == greeting.substr(0, n);
  });
}

HandshakeFailure classify(Bytes greeting, const Failure& failure, bool closed) {
  if (begins_http_request(greeting)) return HandshakeFailure::plain_http;
  if (!begins_tls(greeting)) return HandshakeFailure::not_tls;
  if (closed) return HandshakeFailure::closed;
  if (ERR_GET_LIB(failure.code) != ERR_LIB_SSL) return HandshakeFailure::other;
  return classify_reason(ERR_GET_REASON(failure.code));
}

shm::Counter& counter_of(Counters& counters, HandshakeFailure failure) {
  switch (failure) {
    case HandshakeFailure::plain_http:
      return counters.failed_plain_http;
    case HandshakeFailure::not_tls:
      return counters.failed_not_tls;
    case HandshakeFailure::timeout:
      return counters.failed_timeout;
    case HandshakeFailure::closed:
      return counters.failed_closed;
    case HandshakeFailure::version:
      return counters.failed_version;
    case HandshakeFailure::cipher:
      return counters.failed_cipher;
    case HandshakeFailure::certificate:
      return counters.failed_certificate;
    case HandshakeFailure::alert:
      return counters.failed_alert;
    case HandshakeFailure::other:
      break;
  }
  return counters.failed_other;
}

const char* name_of(HandshakeFailure failure) {
  constexpr const char* names[] = {"plain HTTP", "not TLS",     "timeout", "closed", "version",
                                   "cipher",     "certificate", "alert",   "other"};
  return names[static_cast<std::size_t>(failure)];
}

}  // namespace reprise::tls

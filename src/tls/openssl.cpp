#include "tls/openssl.hpp"

#include <openssl/err.h>

#include "base/error.hpp"

namespace reprise::tls {

void free_connection(SSL* ssl) {
  SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl);
}

Failure take_error() {
  Failure failure;
  failure.code = ERR_get_error();
  if (failure.code == 0) return failure;
  if (ERR_SYSTEM_ERROR(failure.code)) {
    failure.text = system_error_code(ERR_GET_REASON(failure.code)).message();
  } else if (const char* reason = ERR_reason_error_string(failure.code)) {
    failure.text = reason;
  } else {
    failure.text = "error " + std::to_string(ERR_GET_REASON(failure.code));
  }
  ERR_clear_error();
  return failure;
}

}  // namespace reprise::tls

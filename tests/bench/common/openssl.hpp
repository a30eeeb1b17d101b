#pragma once

#include <memory>

#include <openssl/ssl.h>

namespace reprise::bench {

template <auto free_function>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};

using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;

// Ends a connection without taking its session along: OpenSSL drops the session of a connection
// that was not shut down properly.
inline void free_keeping_session(SSL* ssl) {
  SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl);
}
using SslPtr = std::unique_ptr<SSL, FreeWith<free_keeping_session>>;

}  // namespace reprise::bench

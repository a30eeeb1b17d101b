#include "tls/callbacks.hpp"

#include <openssl/rand.h>

#include "tls/connection.hpp"

namespace reprise::tls {
namespace {

Connection& connection_of(SSL* ssl) {
  return *static_cast<Connection*>(SSL_get_app_data(ssl));
}

// Runs `work`; nothing may be thrown through OpenSSL.
template <class Result, class Work>
Result guarded(Result on_failure, Work work) noexcept {
  try {
    return work();
  } catch (...) {
    return on_failure;
  }
}

int on_client_hello(SSL* ssl, int* alert, void*) noexcept {
  *alert = SSL_AD_INTERNAL_ERROR;
  return guarded(SSL_CLIENT_HELLO_ERROR, [&] {
    const bool goes_on = connection_of(ssl).client_hello_arrived();
    return goes_on ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_RETRY;
  });
}

int on_new_session(SSL* ssl, SSL_SESSION* session) noexcept {
  return guarded(0, [&] {
    connection_of(ssl).session_made(session);
    return 0;  // OpenSSL keeps the reference
  });
}

SSL_SESSION* on_get_session(SSL* ssl, const unsigned char* id, int size, int* copy) noexcept {
  *copy = 0;  // the reference becomes OpenSSL's
  return guarded<SSL_SESSION*>(nullptr, [&] {
    const Bytes key(reinterpret_cast<const char*>(id), static_cast<std::size_t>(size));
    return connection_of(ssl).sessions().find(key).release();
  });
}

// Anything but success ends the handshake, in TLS 1.3 after the client has finished its own.
int on_make_id(SSL* ssl, unsigned char* id, unsigned* size) noexcept {
  const Buffer into(reinterpret_cast<char*>(id), *size);
  const bool made = guarded(false, [&] { return connection_of(ssl).sessions().make_id(into); });
  if (!made && RAND_bytes(id, static_cast<int>(*size)) != 1) return 0;
  return 1;
}

int on_make_ticket(SSL* ssl, void*) noexcept {
  return guarded(0, [&] {
    connection_of(ssl).sessions().limit(SSL_get0_session(ssl));
    return 1;
  });
}

SSL_TICKET_RETURN on_open_ticket(SSL* ssl, SSL_SESSION* session, const unsigned char*, std::size_t,
                                 SSL_TICKET_STATUS status, void*) noexcept {
  constexpr SSL_TICKET_RETURN ignore = SSL_TICKET_RETURN_IGNORE_RENEW;
  return guarded(ignore, [&] {
    if (status == SSL_TICKET_EMPTY || status == SSL_TICKET_NO_DECRYPT) return ignore;
    if (!connection_of(ssl).sessions().accept(session)) return ignore;
    return status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
  });
}

}  // namespace

void set_connection(SSL* ssl, Connection* connection) {
  SSL_set_app_data(ssl, connection);
}

void set_connection_callbacks(SSL_CTX* context) {
  SSL_CTX_set_client_hello_cb(context, on_client_hello, nullptr);
  SSL_CTX_set_session_ticket_cb(context, on_make_ticket, on_open_ticket, nullptr);
}

void set_store_callbacks(SSL_CTX* context) {
  SSL_CTX_set_generate_session_id(context, on_make_id);
  SSL_CTX_sess_set_new_cb(context, on_new_session);
  SSL_CTX_sess_set_get_cb(context, on_get_session);
}

int on_verify(int accepted, X509_STORE_CTX* verification) noexcept {
  if (accepted == 1) return accepted;
  auto* ssl = static_cast<SSL*>(
      X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  return guarded(0, [&] {
    connection_of(ssl).certificate_refused(verification);
    return 0;
  });
}

}  // namespace reprise::tls

#include "floor/context.hpp"

#include <array>
#include <stdexcept>
#include <string_view>

#include <openssl/ssl.h>

namespace reprise::bench {
namespace {

constexpr std::string_view session_context = "floor";

std::string_view id_of(const SSL_SESSION* session) {
  unsigned size = 0;
  const unsigned char* const id = SSL_SESSION_get_id(session, &size);
  return {reinterpret_cast<const char*>(id), size};
}

SessionStore& store_of(SSL* ssl) {
  return *static_cast<SessionStore*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

int keep_session(SSL* ssl, SSL_SESSION* session) noexcept {
  std::array<unsigned char, 1024> encoded{};
  if (i2d_SSL_SESSION(session, nullptr) > static_cast<int>(encoded.size())) return 0;
  unsigned char* end = encoded.data();
  const auto size = static_cast<std::size_t>(i2d_SSL_SESSION(session, &end));
  store_of(ssl).put(id_of(session), {reinterpret_cast<const char*>(encoded.data()), size});
  return 0;  // no reference kept
}

SSL_SESSION* find_session(SSL* ssl, const unsigned char* id, int id_size, int* copy) noexcept {
  *copy = 0;
  const auto encoded =
      store_of(ssl).get({reinterpret_cast<const char*>(id), static_cast<std::size_t>(id_size)});
  if (!encoded) return nullptr;
  const auto* data = reinterpret_cast<const unsigned char*>(encoded->data());
  return d2i_SSL_SESSION(nullptr, &data, static_cast<long>(encoded->size()));
}

}  // namespace

ContextPtr make_server_context(const std::string& certificate, const std::string& key,
                               SessionStore& store) {
  ContextPtr owner(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = owner.get();
  if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_set1_groups_list(context, "X25519:P-256") != 1 ||
      SSL_CTX_set_session_id_context(context,
                                     reinterpret_cast<const unsigned char*>(session_context.data()),
                                     static_cast<unsigned>(session_context.size())) != 1)
    throw std::runtime_error("cannot make a TLS context of " + certificate + " and " + key);
  SSL_CTX_set_options(context,
                      SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_session_cache_mode(
      context, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL | SSL_SESS_CACHE_NO_AUTO_CLEAR);
  SSL_CTX_set_app_data(context, &store);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  SSL_CTX_sess_set_get_cb(context, find_session);
  return owner;
}

}  // namespace reprise::bench

#include "tlsload/client_context.hpp"

#include <stdexcept>

#include "tlsload/connection.hpp"

namespace reprise::bench {
namespace {

bool pin(SSL_CTX* context) {
  return SSL_CTX_set1_groups_list(context, "P-256") == 1 &&
         SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1 &&
         SSL_CTX_set_cipher_list(context,
                                 "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256") == 1;
}

}  // namespace

ContextPtr make_client_context(const Options& options) {
  ContextPtr owner(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const context = owner.get();
  if (context == nullptr || SSL_CTX_set_min_proto_version(context, options.tls_version) != 1 ||
      SSL_CTX_set_max_proto_version(context, options.tls_version) != 1 ||
      (options.pinned && !pin(context)))
    throw std::runtime_error("cannot make a TLS context");
  // TLS 1.2 then resumes by session id; TLS 1.3 has its tickets all the same.
  if (options.tls_version == TLS1_2_VERSION) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, Connection::take_new_session);
  SSL_CTX_set_msg_callback(context, Connection::see_message);
  return owner;
}

}  // namespace reprise::bench

#include "tls/site.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

#include <fmt/format.h>

#include "tls/certificates.hpp"

namespace reprise::tls {
namespace {

// X25519 first: it is what clients send a key share for, and the cheapest. uWSGI's P-256 next.
constexpr char groups[] = "X25519:P-256:P-384";

// uWSGI's recipe (spec/routers/https.md 3, step 14), and: TLS 1.1 needs ssl-enable-tlsv1 too (RFC
// 8996), no renegotiation, and a client that leaves without close_notify has left, not failed.
std::uint64_t options_of(const Identity& identity, const Policy& policy) {
  std::uint64_t options = SSL_OP_ALL | SSL_OP_NO_SSLv2 | SSL_OP_NO_COMPRESSION |
                          SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION | SSL_OP_NO_RENEGOTIATION |
                          SSL_OP_IGNORE_UNEXPECTED_EOF;
  if (!policy.enable_ssl_3) options |= SSL_OP_NO_SSLv3;
  if (!policy.enable_tls_1_0) options |= SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
  if (!identity.ciphers.empty()) options |= SSL_OP_CIPHER_SERVER_PREFERENCE;
  return options | policy.extra_options;
}

int verify_mode_of(ClientCertificate rule) {
  switch (rule) {
    case ClientCertificate::none:
      return SSL_VERIFY_NONE;
    case ClientCertificate::optional:
      return SSL_VERIFY_PEER;
    case ClientCertificate::required:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

void use_ciphers(SSL_CTX* context, const std::string& ciphers, const std::string& context_name) {
  if (ciphers.empty() || SSL_CTX_set_cipher_list(context, ciphers.c_str()) == 1) return;
  take_error();
  throw std::runtime_error(
      fmt::format("[uwsgi-ssl] unable to set requested ciphers ({}) for context \"{}\"", ciphers,
                  context_name));
}

SslContextPtr make_context(const std::string& name) {
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (!context || SSL_CTX_set1_groups_list(context.get(), groups) != 1) {
    take_error();
    throw std::runtime_error(fmt::format("[uwsgi-ssl] unable to initialize context \"{}\"", name));
  }
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

}  // namespace

std::chrono::seconds session_lifetime(const Policy& policy) {
  constexpr std::chrono::seconds of_timeout_0{7200};
  if (policy.session_timeout.count() <= 0) return of_timeout_0;
  return std::min(policy.session_timeout, max_session_lifetime);
}

Site make_site(const SiteOrder& order) {
  const Identity& identity = order.identity;
  const bool inline_pem = !order.policy.temporary_directory.empty();
  const PemSource certificate{identity.certificate_file, inline_pem};
  Site site;
  site.context = make_context(order.context_name);
  SSL_CTX* context = site.context.get();
  use_certificate_chain(context, certificate, order.context_name);
  use_dh_parameters(context, certificate);
  use_private_key(context, {identity.key_file, inline_pem}, order.context_name);
  use_ciphers(context, identity.ciphers, order.context_name);

  SessionPolicy policy{
      identity.client_certificate, order.policy.verify_depth, {}, order.entry_name};
  if (identity.client_certificate != ClientCertificate::none) {
    policy.authorities =
        use_client_authorities(context, {identity.client_ca_file, inline_pem}, order.context_name);
  }
  site.policy = policy_digest(std::move(policy));
  site.options = options_of(identity, order.policy);
  SSL_CTX_set_options(context, site.options);
  site.verify_mode = verify_mode_of(identity.client_certificate);
  site.verify_depth = order.policy.verify_depth;
  site.session_lifetime = static_cast<long>(session_lifetime(order.policy).count());
  site.tickets = static_cast<std::size_t>(std::clamp(order.policy.tickets, 0, 16));
  return site;
}

void change_site(SSL* ssl, const Site& from, const Site& to) {
  SSL_set_SSL_CTX(ssl, to.context.get());
  // Options are the connection's own: a change of context leaves them as they are.
  SSL_clear_options(ssl, from.options & ~to.options);
  SSL_set_options(ssl, to.options);
}

}  // namespace reprise::tls

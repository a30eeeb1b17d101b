#include "tls/context.hpp"

#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "tls/callbacks.hpp"
#include "tls/context_impl.hpp"

namespace reprise::tls {

TicketKeys::TicketKeys() {
  if (RAND_priv_bytes(bytes_.data(), static_cast<int>(bytes_.size())) != 1) {
    throw std::runtime_error("no random bytes for ticket keys: " + take_error().text);
  }
}

TicketKeys::~TicketKeys() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

Context::Impl::Impl(const Settings& settings, std::shared_ptr<SniContexts> names,
                    SessionStore* session_store, const TicketKeys& keys)
    : site(make_site({settings.identity, settings.policy, settings.context_name, ""})),
      sni(std::move(names)),
      store(session_store),
      session_form(settings.for_openssl_1_0 ? SessionForm::openssl_1_0 : SessionForm::current),
      session_text(settings.session_context),
      own_session_context(session_context_for(site)),
      verbose(settings.verbose) {
  SSL_CTX* context = ssl_context();
  SSL_CTX_set_timeout(context, site.session_lifetime);
  SSL_CTX_set_num_tickets(context, site.tickets);
  set_connection_callbacks(context);
  if (store != nullptr) {
    keep_sessions_in_store();
  } else {
    seal_sessions_in_tickets(keys);
  }
}

// TLS 1.3 tickets become names of stored sessions, as TLS 1.2 ids are.
void Context::Impl::keep_sessions_in_store() {
  SSL_CTX* context = ssl_context();
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  if (session_form == SessionForm::openssl_1_0) {
    SSL_CTX_set_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
  }
  SSL_CTX_set_session_cache_mode(
      context, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL | SSL_SESS_CACHE_NO_AUTO_CLEAR);
  set_store_callbacks(context);
}

void Context::Impl::seal_sessions_in_tickets(const TicketKeys& keys) {
  SSL_CTX* context = ssl_context();
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // OpenSSL takes the bytes as input only, in spite of its signature.
  auto* bytes = const_cast<unsigned char*>(keys.bytes().data());
  if (SSL_CTX_set_tlsext_ticket_keys(context, bytes, static_cast<long>(TicketKeys::size)) != 1) {
    throw std::runtime_error("cannot set ticket keys: " + take_error().text);
  }
}

SessionContext Context::Impl::session_context_for(const Site& place) const {
  // A text alone says nothing of the policy, so it will not do where certificates are asked for.
  const bool plain =
      session_form == SessionForm::openssl_1_0 && place.verify_mode == SSL_VERIFY_NONE;
  if (plain) return {session_text.data(), session_text.size()};
  return session_context(session_text, place.policy);
}

Context::Context(const Settings& settings, std::shared_ptr<SniContexts> sni, SessionStore* store,
                 const TicketKeys& keys)
    : impl_(std::make_unique<Impl>(settings, std::move(sni), store, keys)) {}

Context::~Context() = default;

}  // namespace reprise::tls

#pragma once

#include <memory>
#include <string>

#include "base/log.hpp"
#include "tls/context.hpp"
#include "tls/old_session.hpp"
#include "tls/session_context.hpp"
#include "tls/site.hpp"
#include "tls/sni.hpp"

namespace reprise::tls {

class Context::Impl {
public:
  Impl(const Settings& settings, std::shared_ptr<SniContexts> sni, SessionStore* store,
       const TicketKeys& keys);

  SSL_CTX* ssl_context() const { return site.context.get(); }

  // What sessions of this listener and a site are bound to.
  SessionContext session_context_for(const Site& place) const;

  Site site;
  std::shared_ptr<SniContexts> sni;
  SessionStore* store;  // null: stateless tickets
  SessionForm session_form;
  std::string session_text;
  SessionContext own_session_context;  // of `site`
  bool verbose;
  // Each worker's own after the fork.
  mutable log::RateLimit failure_lines;
  mutable log::RateLimit verify_lines;
  mutable log::RateLimit store_lines;

private:
  void keep_sessions_in_store();
  void seal_sessions_in_tickets(const TicketKeys& keys);
};

}  // namespace reprise::tls

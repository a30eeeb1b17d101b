#include "tls/connection.hpp"

#include <new>

#include <openssl/err.h>

#include "tls/callbacks.hpp"
#include "tls/peer.hpp"

namespace reprise::tls {

using net::Step;
using net::Want;

namespace {

SslPtr make_ssl(const Context::Impl& context) {
  SslPtr ssl(SSL_new(context.ssl_context()));
  if (!ssl) throw std::bad_alloc();
  return ssl;
}

Step failed(error_code error) {
  Step step;
  step.error = error;
  return step;
}

}  // namespace

Connection::Connection(const net::Socket& socket, const Context::Impl& context, Counters& counters)
    : context_(context),
      counters_(counters),
      bio_(socket),
      ssl_(make_ssl(context)),
      sessions_(ssl_.get(), context.store, context.session_form, counters) {
  set_connection(ssl_.get(), this);
  bio_.attach(ssl_.get());
  SSL_set_accept_state(ssl_.get());
}

bool Connection::client_hello_arrived() {
  hello_ = read_client_hello(ssl_.get());
  auto site = context_.sni->find(hello_.server_name);
  if (site && site != site_) {
    change_site(ssl_.get(), site_ ? *site_ : context_.site, *site);
    site_ = std::move(site);
  }
  SSL_set_verify(ssl_.get(), place().verify_mode, on_verify);
  SSL_set_verify_depth(ssl_.get(), place().verify_depth);
  const SessionContext session_context =
      site_ ? context_.session_context_for(*site_) : context_.own_session_context;
  return sessions_.begin(hello_.offers_session, place(), session_context);
}

void Connection::session_made(SSL_SESSION* session) {
  const auto refused_size = sessions_.keep(session);
  if (!refused_size || !context_.verbose || !context_.store_lines.allow()) return;
  log::line("[uwsgi-ssl] unable to store session of size {} in the cache", *refused_size);
}

bool Connection::may_serve(std::string_view host) const {
  if (host.ends_with('.')) host.remove_suffix(1);  // the same name, written in full
  if (host.empty() || host == hello_.server_name || context_.sni->empty()) return true;
  const auto named = context_.sni->find(lower_case(host));
  const Site& wanted = named ? *named : context_.site;
  return wanted.verify_mode == SSL_VERIFY_NONE || wanted.policy == place().policy;
}

void Connection::certificate_refused(X509_STORE_CTX* verification) {
  if (!context_.verbose || !context_.verify_lines.allow()) return;
  const int error = X509_STORE_CTX_get_error(verification);
  X509* certificate = X509_STORE_CTX_get_current_cert(verification);
  log::line("[uwsgi-ssl] client certificate verify error: num={}:{}:depth={}:{}", error,
            X509_verify_cert_error_string(error), X509_STORE_CTX_get_error_depth(verification),
            certificate != nullptr ? subject_line(certificate) : "");
}

Step Connection::outcome(int result, Step done) {
  if (result > 0) return done;
  Step step;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      step.want = Want::input;
      return step;
    case SSL_ERROR_WANT_WRITE:
      step.want = Want::output;
      return step;
    case SSL_ERROR_WANT_CLIENT_HELLO_CB:
      return step;
    case SSL_ERROR_ZERO_RETURN:
      return step;
    default:
      broken_ = true;
      last_failure_ = take_error();
      step.error = bio_.error();
      if (!step.error) step.error = bio_.ended() ? errc::closed : errc::tls_failure;
      return step;
  }
}

Step Connection::handshake() {
  Step step;
  if (!handshaken_) {
    ERR_clear_error();
    sessions_.spare_the_last_second();
    const int result = SSL_do_handshake(ssl_.get());
    handshaken_ = result > 0;
    step = outcome(result, {});
    if (awaits_session()) return {};
    const bool ended = !handshaken_ && step.want == Want::nothing;  // also without an error: EOF
    if (ended && !step.error) step.error = errc::closed;
    if (ended) return handshake_failed(step.error, last_failure_);
  }
  const Step flushed = bio_.flush();
  if (flushed.error) return handshake_failed(flushed.error, {});
  if (flushed.want != Want::nothing) return flushed;
  if (handshaken_) handshake_complete();
  return step;
}

void Connection::handshake_complete() {
  bio_.collect(false);
  sessions_.finish();
  peer_ = peer_of(ssl_.get());
  const bool tls_1_3 = SSL_version(ssl_.get()) == TLS1_3_VERSION;
  if (resumed()) {
    (tls_1_3 ? counters_.resumed_tls_1_3 : counters_.resumed_tls_1_2).add();
  } else {
    (tls_1_3 ? counters_.full_tls_1_3 : counters_.full_tls_1_2).add();
  }
}

Step Connection::handshake_failed(error_code error, const Failure& failure) {
  broken_ = true;
  sessions_.finish();
  const bool closed = error == make_error_code(errc::closed) || bio_.error() || handshaken_;
  failure_ = classify(bio_.greeting(), failure, closed);
  counter_of(counters_, *failure_).add();
  if (*failure_ == HandshakeFailure::plain_http) {
    bio_.discard();
  } else {
    static_cast<void>(bio_.flush());  // the alert, if there is room
  }
  if (context_.verbose && context_.failure_lines.allow()) {
    log::event(log::Level::warning, "tls.handshake_failed",
               {{"reason", name_of(*failure_)},
                {"detail", failure.text},
                {"server_name", hello_.server_name},
                {"suppressed", std::to_string(context_.failure_lines.suppressed())}});
  }
  return failed(error);
}

void Connection::handshake_timed_out() {
  broken_ = true;
  sessions_.finish();
  failure_ = HandshakeFailure::timeout;
  counters_.failed_timeout.add();
}

Step Connection::read(Buffer into) {
  if (broken_) return failed(errc::closed);
  ERR_clear_error();
  Step done;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &done.bytes);
  const Step step = outcome(result, done);
  hungry_ = step.want == Want::input;
  return step;
}

Step Connection::write(Bytes from) {
  if (broken_) return failed(errc::closed);
  ERR_clear_error();
  Step done;
  const int result = SSL_write_ex(ssl_.get(), from.data(), from.size(), &done.bytes);
  return outcome(result, done);
}

void Connection::close_notify() {
  if (!broken_ && handshaken_) {
    ERR_clear_error();
    if (SSL_shutdown(ssl_.get()) < 0) take_error();  // no room for it: the FIN has to do
  }
  broken_ = true;
}

void Connection::close_notify_with_fin() {
  bio_.more_to_come();
  close_notify();
}

bool Connection::pending() const {
  // What is there may be a part of a record, which is worth no second look without the rest.
  return SSL_has_pending(ssl_.get()) == 1 && !hungry_;
}

}  // namespace reprise::tls

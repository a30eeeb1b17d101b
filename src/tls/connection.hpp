#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tls/client_hello.hpp"
#include "tls/context_impl.hpp"
#include "tls/handshake_failure.hpp"
#include "tls/resumption.hpp"
#include "tls/socket_bio.hpp"
#include "tls/stream.hpp"

namespace reprise::tls {

// One TLS connection as a machine of non-blocking steps: no waiting in here.
class Connection {
public:
  // References outlive this. Throws std::bad_alloc.
  Connection(const net::Socket& socket, const Context::Impl& context, Counters& counters);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Until it wants nothing: the handshake is complete and its last flight sent, or has failed.
  // Counts the end, once. Or until it awaits a session.
  net::Step handshake();
  // sessions().sought() has to be settled before the handshake can go on.
  bool awaits_session() const { return sessions_.sought() != nullptr; }
  // Counts the end of a handshake that was waited for too long.
  void handshake_timed_out();

  net::Step read(Buffer into);
  net::Step write(Bytes from);
  // Nothing can be written after it. The second: the FIN follows at once, in the same segment.
  void close_notify();
  void close_notify_with_fin();
  bool pending() const;

  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  bool spoke_plain_http() const { return failure_ == HandshakeFailure::plain_http; }
  const Peer* peer() const { return peer_ ? &*peer_ : nullptr; }
  std::string_view server_name() const { return hello_.server_name; }

  // False if requests for `host` (without a port; empty: none named) must not be answered on this
  // connection: that name asks for client certificates, and this connection was not made by its
  // rules (RFC 9110 7.4).
  bool may_serve(std::string_view host) const;

  // For the callbacks.
  // False if the handshake is to wait for a session.
  bool client_hello_arrived();
  void session_made(SSL_SESSION* session);
  void certificate_refused(X509_STORE_CTX* verification);
  Resumption& sessions() { return sessions_; }

private:
  const Site& place() const { return site_ ? *site_ : context_.site; }
  // What OpenSSL's return value means; `done` is the outcome if it is positive.
  net::Step outcome(int result, net::Step done);
  void handshake_complete();
  net::Step handshake_failed(error_code error, const Failure& failure);

  const Context::Impl& context_;
  Counters& counters_;
  SocketBio bio_;
  SslPtr ssl_;
  Resumption sessions_;
  std::shared_ptr<const Site> site_;  // null: the listener's own
  ClientHello hello_;
  bool handshaken_ = false;  // complete; the last flight may still have to be sent
  bool hungry_ = false;      // the last read could make nothing of what is buffered
  bool broken_ = false;      // nothing may be written any more
  std::optional<HandshakeFailure> failure_;
  Failure last_failure_;
  std::optional<Peer> peer_;
};

}  // namespace reprise::tls

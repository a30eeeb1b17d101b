#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/stream.hpp"
#include "tls/context.hpp"
#include "tls/counters.hpp"

namespace reprise::tls {

// The client's certificate, as the variables show it (spec/routers/https.md 6).
struct Peer {
  std::string der;  // HTTPS_CLIENT_CERTIFICATE
  std::string dn;   // HTTPS_DN: "/C=IT/O=Edge Test/CN=client one"
  std::string pem;  // HTTPS_CC
};

class Connection;

// The server side of one TLS connection over a socket.
class Stream final : public net::Stream {
public:
  // References outlive the stream. `counters` is this worker's row.
  Stream(net::Socket& socket, const Context& context, Counters& counters);
  ~Stream() override;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Until the handshake is complete or has failed. Counts its end, once; a wait that was
  // cancelled counts as a time-out.
  net::awaitable<error_code> handshake();

  // After handshake(): what it came to.
  bool resumed() const;
  bool spoke_plain_http() const;         // failed because the client sent an HTTP request
  const Peer* peer() const;              // null: no client certificate; set on resumption too
  std::string_view server_name() const;  // SNI as sent, lower case; empty: none
  bool may_serve(std::string_view host) const;  // see Connection

  net::Step read(Buffer into) override;
  net::Step write(Bytes from) override;
  net::Step shut_down() override;
  void before_close() override;
  bool pending() const override;
  net::Socket& socket() override;

private:
  net::Socket& socket_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace reprise::tls

#pragma once

#include <string>

#include "net/stream.hpp"
#include "store/settings.hpp"
#include "tls/openssl.hpp"
#include "tls/socket_bio.hpp"

namespace reprise::store {

// What a client of TLS servers has in common: CA, own certificate. Made before the fork.
class TlsClient {
public:
  // Reads the files. Throws std::runtime_error with their places in the configuration.
  explicit TlsClient(const TlsSettings& settings);

  SSL_CTX* context() const { return context_.get(); }
  // That certificates have to be for; empty: the server's address.
  const std::string& name() const { return name_; }

private:
  tls::SslContextPtr context_;
  std::string name_;
};

// The client's side of one TLS connection.
class TlsClientStream final : public net::Stream {
public:
  // References outlive this. `host`: a name or an address that the certificate has to be for.
  // Throws std::bad_alloc.
  TlsClientStream(net::Socket& socket, const TlsClient& client, const std::string& host);

  // errc::tls_failure: `why` says it in OpenSSL's words.
  net::awaitable<error_code> handshake(std::string& why);

  net::Step read(Buffer into) override;
  net::Step write(Bytes from) override;
  net::Step shut_down() override;
  void before_close() override {}
  bool pending() const override { return ::SSL_pending(ssl_.get()) > 0; }
  net::Socket& socket() override { return socket_; }

private:
  net::Step outcome(int result);

  net::Socket& socket_;
  tls::SocketBio bio_;  // raises no SIGPIPE
  tls::SslPtr ssl_;
};

}  // namespace reprise::store

#include "store/tls_client.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <climits>
#include <new>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace reprise::store {
namespace {

// Throws what OpenSSL says of a file.
void check(int result, const Written& file, std::string_view what) {
  if (result == 1) return;
  throw std::runtime_error(
      with_origin(fmt::format("{}: {}: {}", file.text, what, tls::take_error().text), file.origin));
}

bool is_address(const std::string& host) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

int size_of(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

}  // namespace

TlsClient::TlsClient(const TlsSettings& settings)
    : context_(::SSL_CTX_new(::TLS_client_method())), name_(settings.name) {
  SSL_CTX* const context = context_.get();
  if (context == nullptr || ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
    throw std::runtime_error("OpenSSL cannot make a TLS client: " + tls::take_error().text);
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
  const Written& ca = settings.ca_file;
  if (ca.empty()) {
    ::SSL_CTX_set_default_verify_paths(context);
  } else {
    check(::SSL_CTX_load_verify_locations(context, ca.text.c_str(), nullptr), ca,
          "no certificates of authorities can be read");
  }
  if (settings.certificate_file.empty()) return;
  const Written& certificate = settings.certificate_file;
  check(::SSL_CTX_use_certificate_chain_file(context, certificate.text.c_str()), certificate,
        "no certificate can be read");
  const Written& key = settings.key_file;
  check(::SSL_CTX_use_PrivateKey_file(context, key.text.c_str(), SSL_FILETYPE_PEM), key,
        "this is not the certificate's key");
}

TlsClientStream::TlsClientStream(net::Socket& socket, const TlsClient& client,
                                 const std::string& host)
    : socket_(socket), bio_(socket), ssl_(::SSL_new(client.context())) {
  if (!ssl_) throw std::bad_alloc();
  bio_.attach(ssl_.get());
  bio_.collect(false);
  const std::string& name = client.name().empty() ? host : client.name();
  // What is not checked for its name is good for any.
  const bool named =
      !name.empty() &&
      (is_address(name)
           ? ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl_.get()), name.c_str()) == 1
           : ::SSL_set1_host(ssl_.get(), name.c_str()) == 1 &&
                 ::SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) == 1);
  if (!named) throw std::bad_alloc();
  ::SSL_set_connect_state(ssl_.get());
}

net::awaitable<error_code> TlsClientStream::handshake(std::string& why) {
  for (;;) {
    ::ERR_clear_error();
    const int result = ::SSL_do_handshake(ssl_.get());
    if (result == 1) co_return error_code();
    const net::Step step = outcome(result);
    if (step.error) {
      const long verified = ::SSL_get_verify_result(ssl_.get());
      why = verified != X509_V_OK ? ::X509_verify_cert_error_string(verified)
                                  : tls::take_error().text;
      ::ERR_clear_error();
      co_return errc::tls_failure;
    }
    const error_code error = co_await socket_.ready(step.want);
    if (error) co_return error;
  }
}

// Of what did not succeed.
net::Step TlsClientStream::outcome(int result) {
  net::Step step;
  switch (::SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      step.want = net::Want::input;
      return step;
    case SSL_ERROR_WANT_WRITE:
      step.want = net::Want::output;
      return step;
    case SSL_ERROR_ZERO_RETURN:
      return step;  // the orderly end
    default:
      step.error = errc::tls_failure;
      return step;
  }
}

net::Step TlsClientStream::read(Buffer into) {
  ::ERR_clear_error();
  const int result = ::SSL_read(ssl_.get(), into.data(), size_of(into.size()));
  if (result <= 0) {
    const net::Step step = outcome(result);
    ::ERR_clear_error();
    return step;
  }
  net::Step step;
  step.bytes = static_cast<std::size_t>(result);
  return step;
}

net::Step TlsClientStream::write(Bytes from) {
  ::ERR_clear_error();
  const int result = ::SSL_write(ssl_.get(), from.data(), size_of(from.size()));
  if (result <= 0) {
    net::Step step = outcome(result);
    ::ERR_clear_error();
    if (step.want == net::Want::nothing && !step.error) step.error = errc::closed;
    return step;
  }
  net::Step step;
  step.bytes = static_cast<std::size_t>(result);
  return step;
}

net::Step TlsClientStream::shut_down() {
  ::ERR_clear_error();
  ::SSL_shutdown(ssl_.get());
  ::ERR_clear_error();
  return {};
}

}  // namespace reprise::store

#include "tls/client_hello.hpp"

#include <algorithm>

#include <openssl/tls1.h>

namespace reprise::tls {
namespace {

constexpr std::size_t max_name = 255;
constexpr unsigned host_name_type = 0;

unsigned byte_at(Bytes bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}
std::size_t uint16_at(Bytes bytes, std::size_t i) {
  return byte_at(bytes, i) << 8 | byte_at(bytes, i + 1);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::optional<Bytes> extension(SSL* ssl, unsigned type) {
  const unsigned char* body = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, type, &body, &size) != 1) return std::nullopt;
  return Bytes(reinterpret_cast<const char*>(body), size);
}

bool offers_session(SSL* ssl) {
  if (extension(ssl, TLSEXT_TYPE_psk)) return true;
  // A TLS 1.3 client puts random bytes into the legacy session id: no offer.
  const auto versions = extension(ssl, TLSEXT_TYPE_supported_versions);
  if (versions && has_tls_1_3(*versions)) return false;
  const unsigned char* id = nullptr;
  if (SSL_client_hello_get0_session_id(ssl, &id) > 0) return true;
  const auto ticket = extension(ssl, TLSEXT_TYPE_session_ticket);
  return ticket && !ticket->empty();
}

// Whether OpenSSL will make this connection TLS 1.3, which decides where it looks for a session.
bool will_be_tls_1_3(SSL* ssl) {
  const auto versions = extension(ssl, TLSEXT_TYPE_supported_versions);
  if (!versions || !has_tls_1_3(*versions)) return false;
  const long highest = SSL_get_max_proto_version(ssl);
  return (SSL_get_options(ssl) & SSL_OP_NO_TLSv1_3) == 0 &&
         (highest == 0 || highest >= TLS1_3_VERSION);
}

}  // namespace

std::optional<std::string> parse_server_name(Bytes body) {
  if (body.size() < 5 || uint16_at(body, 0) != body.size() - 2) return std::nullopt;
  const std::size_t length = uint16_at(body, 3);
  if (byte_at(body, 2) != host_name_type || length > body.size() - 5) return std::nullopt;
  const Bytes name = body.substr(5, length);
  if (name.empty() || name.size() > max_name) return std::nullopt;
  if (name.find('\0') != Bytes::npos) return std::nullopt;
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), lower);
  return text;
}

bool has_tls_1_3(Bytes body) {
  if (body.empty() || byte_at(body, 0) != body.size() - 1) return false;
  for (std::size_t i = 1; i + 1 < body.size(); i += 2) {
    if (uint16_at(body, i) == TLS1_3_VERSION) return true;
  }
  return false;
}

std::vector<std::string> session_names(Bytes body) {
  constexpr std::size_t most = 2, name_size = 32, age_size = 4;
  std::vector<std::string> names;
  if (body.size() < 2 || uint16_at(body, 0) > body.size() - 2) return {};
  Bytes rest = body.substr(2, uint16_at(body, 0));
  for (std::size_t i = 0; i < most && !rest.empty(); ++i) {
    if (rest.size() < 2) return {};
    const std::size_t length = uint16_at(rest, 0);
    if (rest.size() - 2 < length + age_size) return {};
    if (length == name_size) names.emplace_back(rest.substr(2, length));
    rest.remove_prefix(2 + length + age_size);
  }
  return names;
}

ClientHello read_client_hello(SSL* ssl) {
  ClientHello hello;
  if (const auto body = extension(ssl, TLSEXT_TYPE_server_name)) {
    hello.server_name = parse_server_name(*body).value_or("");
  }
  hello.offers_session = offers_session(ssl);
  return hello;
}

std::vector<std::string> offered_session_ids(SSL* ssl) {
  if (will_be_tls_1_3(ssl)) {
    const auto psk = extension(ssl, TLSEXT_TYPE_psk);
    const bool has_modes = extension(ssl, TLSEXT_TYPE_psk_kex_modes).has_value();
    return psk && has_modes ? session_names(*psk) : std::vector<std::string>();
  }
  const unsigned char* id = nullptr;
  const std::size_t size = SSL_client_hello_get0_session_id(ssl, &id);
  if (size == 0) return {};
  return {std::string(reinterpret_cast<const char*>(id), size)};
}

}  // namespace reprise::tls

#pragma once

#include <ctime>
#include <memory>
#include <string>

#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "tls/openssl.hpp"

namespace reprise::sessions::testing {

// The DER of a session made at `created` for `lifetime` seconds, as OpenSSL writes it.
inline std::string session_der(std::time_t created, long lifetime, X509* certificate = nullptr,
                               int version = TLS1_2_VERSION) {
  const tls::SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  const tls::SslPtr ssl(SSL_new(context.get()));
  const tls::SessionPtr session(SSL_SESSION_new());
  const unsigned char id[32] = {1, 2, 3};
  const unsigned char secret[48] = {4, 5, 6};
  SSL_SESSION_set1_id(session.get(), id, sizeof id);
  SSL_SESSION_set1_id_context(session.get(), id, 32);
  SSL_SESSION_set1_master_key(session.get(), secret, sizeof secret);
  SSL_SESSION_set_protocol_version(session.get(), version);
  const unsigned char cipher[2] = {version == TLS1_2_VERSION ? static_cast<unsigned char>(0xc0)
                                                             : static_cast<unsigned char>(0x13),
                                   version == TLS1_2_VERSION ? static_cast<unsigned char>(0x30)
                                                             : static_cast<unsigned char>(0x02)};
  SSL_SESSION_set_cipher(session.get(), SSL_CIPHER_find(ssl.get(), cipher));
  SSL_SESSION_set_time(session.get(), created);
  SSL_SESSION_set_timeout(session.get(), lifetime);
  unsigned char* bytes = nullptr;
  const int size = i2d_SSL_SESSION(session.get(), &bytes);
  std::string der(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  if (certificate == nullptr) return der;

  // No call sets a peer: its field [3] is put behind the two numbers, and the length mended.
  unsigned char* peer = nullptr;
  const int peer_size = i2d_X509(certificate, &peer);
  std::string field(reinterpret_cast<char*>(peer), static_cast<std::size_t>(peer_size));
  OPENSSL_free(peer);
  const auto header = [](unsigned char tag, std::size_t length) {
    return std::string{static_cast<char>(tag), '\x82', static_cast<char>(length >> 8),
                       static_cast<char>(length & 0xff)};
  };
  field.insert(0, header(0xa3, field.size()));
  const std::size_t body = static_cast<unsigned char>(der[1]) < 0x80
                               ? 2u
                               : 2u + (static_cast<unsigned char>(der[1]) & 0x7f);
  std::string content = der.substr(body);
  content.insert(content.find("\xa4\x22"), field);
  return header(0x30, content.size()) + content;
}

}  // namespace reprise::sessions::testing

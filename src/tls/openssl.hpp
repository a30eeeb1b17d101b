#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace reprise::tls {

template <auto free_function>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};

using SslContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using PrivateKeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

// Frees the connection and keeps its session: OpenSSL takes a session for spoilt whose connection
// ends without a shutdown, and a client that just goes away would lose it.
void free_connection(SSL* ssl);
using SslPtr = std::unique_ptr<SSL, FreeWith<free_connection>>;

// What OpenSSL says went wrong.
struct Failure {
  unsigned long code = 0;  // 0: it said nothing
  std::string text;        // "no shared cipher"
};

// The first entry of this thread's error queue, which is empty afterwards.
Failure take_error();

}  // namespace reprise::tls

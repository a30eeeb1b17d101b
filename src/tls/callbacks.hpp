#pragma once

#include "tls/openssl.hpp"

// OpenSSL's callbacks, each handed to the tls::Connection that the SSL belongs to.
namespace reprise::tls {

class Connection;

// Ties an SSL to its connection, for as long as both live.
void set_connection(SSL* ssl, Connection* connection);

// ClientHello, certificate verification, and the lifetime of tickets.
void set_connection_callbacks(SSL_CTX* context);

// New sessions and looked-up ones.
void set_store_callbacks(SSL_CTX* context);

// To pass to SSL_set_verify.
int on_verify(int accepted, X509_STORE_CTX* verification) noexcept;

}  // namespace reprise::tls
